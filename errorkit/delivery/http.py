"""POST to a URL: no redirects, no repeats, and an end to everything."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import urllib3

from errorkit import __version__
from errorkit.delivery.channels.base import LONGEST_TRY
from errorkit.delivery.connections import deadline, make_manager
from errorkit.delivery.proxies import proxy_for
from errorkit.delivery.texts import CUT

CONNECT_SECONDS = 3.0
READ_SECONDS = 7.0
ANSWER_BYTES = 20_000
EXCERPT_BYTES = 300
USER_AGENT = f"errorkit/{__version__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said. Header names are case-insensitive; the body is cut to 20,000 bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body read as JSON, or None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def retry_after(self, now: datetime) -> float:
        """Return the seconds of Retry-After, a number or a date (RFC 9110 section 10.2.3); 0 without."""
        value = self.headers.get("Retry-After", "").strip()
        if value.isascii() and value.isdigit() and len(value) < 10:
            return float(value)
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return 0.0
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max((moment - now).total_seconds(), 0.0)

    def excerpt(self) -> str:
        """Return the beginning of the body, to show to people; it ends with "…" where there was more."""
        text = self.body[:EXCERPT_BYTES].decode("utf-8", "ignore")
        return " ".join(text.split()) + (CUT if len(self.body) > EXCERPT_BYTES else "")


class Client:
    """Connections kept open between calls. Not to be shared over a fork.

    A URL from the settings is trusted: it may be private, and goes through the proxies of the environment, as they are when its host is called
    first. One from the database is not: `public_only`. Credentials in a URL are sent as Basic authentication.
    """

    def __init__(self, *, public_only: bool = False) -> None:
        self.timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        self.public_only = public_only
        self._managers: dict[str, urllib3.PoolManager] = {}

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send the body once; raises what urllib3 raises, all of which is temporary or unknown."""
        bare, authorization = _without_credentials(url)
        with deadline(LONGEST_TRY):
            response = self._manager(bare).request(
                "POST",
                bare,
                body=body,
                headers={"User-Agent": USER_AGENT, **authorization, **headers},
                timeout=self.timeout,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                return Answer(
                    status=response.status,
                    headers=response.headers,
                    body=response.read(ANSWER_BYTES, decode_content=True),
                )
            finally:
                # What was not read to its end cannot be used again.
                response.release_conn() if response.length_remaining == 0 else response.close()

    def _manager(self, url: str) -> urllib3.PoolManager:
        parts = urlsplit(url)
        # What people type leads to many places, and never through a proxy.
        origin = "" if self.public_only else f"{parts.scheme}://{parts.netloc}"
        if origin not in self._managers:
            proxy = "" if self.public_only else proxy_for(url)
            self._managers[origin] = make_manager(proxy, public_only=self.public_only)
        return self._managers[origin]


def _without_credentials(url: str) -> tuple[str, dict[str, str]]:
    """Return the URL as it may be told to a proxy, and the header that carries its credentials."""
    parts = urlsplit(url)
    credentials, at, place = parts.netloc.rpartition("@")
    if not at:
        return url, {}
    basic = urllib3.make_headers(basic_auth=unquote(credentials))
    return parts._replace(netloc=place).geturl(), {"Authorization": basic["authorization"]}


def problem_of(url: str) -> str | None:
    """Return what is wrong with a URL of the settings, without naming it; None if nothing is."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what finds a wrong one
    except (ValueError, AttributeError):
        return "the URL cannot be read"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "the URL must be absolute, with http or https"
    if not (url.isascii() and url.isprintable()) or " " in url:
        return "the URL holds characters that must be escaped"
    return None
