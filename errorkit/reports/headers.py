"""The headers of a request, as WSGI and ASGI leave them in META."""

from collections.abc import Container, Iterator
from functools import lru_cache
from typing import Any

from errorkit.reports.addresses import ADDRESS_HEADERS, truncated_all
from errorkit.reports.hostfilter import NOTHING
from errorkit.reports.names import Names
from errorkit.reports.patterns import MASK
from errorkit.reports.scrubbing import Scrubber

LONGEST_VALUE = 512
MOST_HEADERS = 64


def hidden_by_host(meta: dict[str, Any], scrubber: Scrubber) -> Container[str]:
    """Return the keys of META that the site's own filter hides."""
    return scrubber.host.hidden_headers(meta) if scrubber.host else NOTHING


def shown_headers(
    meta: dict[str, Any], names: Names, hidden: Container[str]
) -> Iterator[tuple[str, str]]:
    """Yield the headers, bounded, with a mask for what is secret by its name or hidden."""
    left = MOST_HEADERS
    for key, value in list(meta.items()):
        name = header_name(key) if type(key) is str and len(key) < 100 else ""
        if not name or type(value) is not str or not value:
            continue
        if names[name] or key in hidden:
            yield name, MASK
        elif name in ADDRESS_HEADERS:
            yield name, truncated_all(value[:LONGEST_VALUE])
        else:
            yield name, value[:LONGEST_VALUE]
        left -= 1
        if not left:
            return


@lru_cache(maxsize=512)
def header_name(key: str) -> str:
    """Return `User-Agent` for `HTTP_USER_AGENT`, the empty text for what is no header."""
    if key in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        return key.replace("_", "-").title()
    return key[5:].replace("_", "-").title() if key.startswith("HTTP_") else ""
