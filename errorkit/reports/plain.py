"""How values of the exact builtin types are written: their `repr` calls nothing of the site's."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import PosixPath, PurePosixPath
from typing import Any
from uuid import UUID

LONGEST_DECIMAL = 256


def _decimal(value: Decimal) -> str:
    # The text of a Decimal is as long as its digits, and those can be many.
    return (
        repr(value)
        if len(value.as_tuple().digits) <= LONGEST_DECIMAL
        else "<Decimal of many digits>"
    )


SAFE_ZONES: tuple[type, ...] = (type(None), timezone)
# How values of the exact builtin types are written; texts and numbers only where they are known to be short.
PLAIN: dict[type, Callable[[Any], str]] = {
    str: repr,
    int: repr,
    bytes: repr,
    Decimal: _decimal,
    **dict.fromkeys(
        (float, bool, complex, type(None), type(Ellipsis), UUID, PurePosixPath, PosixPath), repr
    ),
    **dict.fromkeys((date, time, timedelta), repr),
    # The repr of a time zone may be the host's; those of the standard library are named.
    datetime: lambda value: (
        repr(value) if type(value.tzinfo) in SAFE_ZONES else "<datetime.datetime>"
    ),
}


def says_nothing(value: object) -> bool:
    """Tell whether a value under a secret name may be shown: None, True, False, the empty text."""
    return value is None or value is True or value is False or (type(value) is str and not value)
