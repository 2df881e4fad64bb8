"""One reference for a failed request: safe answer, incident, Sentry event and alert.

The public verbs are imported when they are first used, so that importing errorkit costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from errorkit.capture import capture_exception
    from errorkit.receivers.uncaught import capture_uncaught
    from errorkit.reports.context import set_context, set_tag
    from errorkit.request_ids import get_request_id

__all__ = [
    "__version__",
    "capture_exception",
    "capture_uncaught",
    "get_request_id",
    "set_context",
    "set_tag",
]
__version__ = "0.1.0"

VERBS = {
    "capture_exception": "errorkit.capture",
    "capture_uncaught": "errorkit.receivers.uncaught",
    "get_request_id": "errorkit.request_ids",
    "set_context": "errorkit.reports.context",
    "set_tag": "errorkit.reports.context",
}


def __getattr__(name: str) -> Any:
    """Import a public verb from its room when it is first asked for."""
    if name not in VERBS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(VERBS[name]), name)
