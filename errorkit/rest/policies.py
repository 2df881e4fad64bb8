"""The API's own renderer, parser and negotiation: JSON in, JSON out."""

from collections.abc import Iterable, Mapping
from typing import IO, Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

# The longest body is a comment; JSON may write each of its letters as six bytes.
MOST_BYTES = 256 * 1024


class PlainJSON(JSONRenderer):
    """JSON in UTF-8 without spaces, whatever the host prefers."""

    compact = True
    ensure_ascii = False
    strict = True


class TooLarge(APIException):
    """The body is longer than anything that the API reads."""

    status_code = 413
    default_detail = f"The body may have {MOST_BYTES:,} bytes."
    default_code = "too_large"


class SmallJSON(JSONParser):
    """A JSON object of bounded size and depth."""

    strict = True

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the object; raises ParseError for anything else, TooLarge beyond 256 KiB."""
        body = _Bounded(stream)
        try:
            data: Any = super().parse(body, media_type, parser_context)  # type: ignore[arg-type]
        except RecursionError as error:
            raise ParseError("JSON parse error - too deep") from error
        if not isinstance(data, dict):
            raise ParseError("JSON parse error - an object is expected")
        return data


class _Bounded:
    def __init__(self, stream: IO[Any]) -> None:
        self.stream = stream
        self.left = MOST_BYTES

    def read(self, size: int = -1) -> bytes:
        chunk: bytes = self.stream.read(min(size, self.left + 1) if size >= 0 else self.left + 1)
        self.left -= len(chunk)
        if self.left < 0:
            raise TooLarge
        return chunk


class OnlyJSON(BaseContentNegotiation):
    """There is one representation: JSON. It is sent whatever is accepted (RFC 9110 section 12.4.1)."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """Return the JSON parser for a JSON body, None for any other."""
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((each for each in parsers if each.media_type == kind), None)

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the first."""
        first = next(iter(renderers))
        return first, first.media_type or ""
