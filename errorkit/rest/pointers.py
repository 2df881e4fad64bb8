"""Validation errors as a flat list with JSON pointers (RFC 6901)."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from rest_framework.settings import api_settings

from errorkit.responses.problem import FieldError

MOST = 1000


def field_errors(detail: Any) -> list[FieldError]:
    """Return one entry per message, in the order of the fields; at most MOST.

    An error of a whole serializer points to what it serializes, so the pointer of the outermost one is empty: the whole body.
    """
    return list(islice(_walk(detail, ""), MOST))


def _walk(detail: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _walk(inner, pointer + _step(name))
    elif isinstance(detail, (list, tuple)):
        for index, inner in enumerate(detail):
            # A list of texts says several things about one value; a list of anything else has an entry per item.
            yield from _walk(inner, pointer if isinstance(inner, str) else f"{pointer}/{index}")
    else:
        yield FieldError(
            pointer=pointer, code=str(getattr(detail, "code", "invalid")), detail=str(detail)
        )


def _step(name: object) -> str:
    if name == api_settings.NON_FIELD_ERRORS_KEY:
        return ""
    return "/" + str(name).replace("~", "~0").replace("/", "~1")
