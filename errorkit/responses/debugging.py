"""The `debug` member: type, message and frames of the exception, only while DEBUG."""

import traceback
from itertools import islice
from typing import Any

from django.conf import settings
from django.http import HttpRequest

ATTRIBUTE = "errorkit_debug"
MOST_FRAMES = 100
MOST_TEXT = 4096


def remember(request: HttpRequest, exc: BaseException) -> None:
    """Keep what the answer may show of the exception, as plain text; never raises."""
    if not settings.DEBUG or hasattr(request, ATTRIBUTE):
        return
    try:
        setattr(request, ATTRIBUTE, describe(exc))
    except Exception:  # noqa: BLE001 - an exception's own text may raise anything
        setattr(request, ATTRIBUTE, {"exception": type(exc).__name__, "message": "", "frames": []})


def debug_of(request: HttpRequest) -> dict[str, Any] | None:
    """Return what was remembered, None unless DEBUG."""
    return getattr(request, ATTRIBUTE, None) if settings.DEBUG else None


def describe(exc: BaseException) -> dict[str, Any]:
    """Return the exception as JSON-safe values, the newest frame last."""
    frames = [
        {
            "filename": frame.f_code.co_filename,
            "lineno": lineno,
            "function": frame.f_code.co_qualname,
        }
        for frame, lineno in islice(traceback.walk_tb(exc.__traceback__), MOST_FRAMES)
    ]
    kind = type(exc)
    return {
        "exception": f"{kind.__module__}.{kind.__qualname__}",
        "message": _message_of(exc),
        "frames": frames,
    }


def _message_of(exc: BaseException) -> str:
    try:
        return str(exc)[:MOST_TEXT]
    except Exception:  # noqa: BLE001 - __str__ is the site's code
        return "<no text: __str__ failed>"
