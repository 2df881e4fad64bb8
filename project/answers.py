"""Ask the demo site itself, as a client that is no browser would."""

from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

from errorkit.conf import get_config

SHOWN = ("Content-Type", "X-Request-ID", "Cache-Control", "Retry-After", "Vary")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: the status line, the headers worth a look and the body."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: str


def ask(path: str, *, accept: str) -> Answer:
    """Request a path of this site from itself; needs a server with more than one thread."""
    site = urlsplit(get_config().base_url or "")
    connection = HTTPConnection(site.hostname or "127.0.0.1", site.port, timeout=10)
    try:
        connection.request("GET", path, headers={"Accept": accept})
        return _read(connection.getresponse())
    finally:
        connection.close()


def _read(response: HTTPResponse) -> Answer:
    headers = ((name, response.getheader(name)) for name in SHOWN)
    return Answer(
        status=response.status,
        reason=response.reason,
        headers=tuple((name, value) for name, value in headers if value),
        body=response.read().decode("utf-8", "replace"),
    )
