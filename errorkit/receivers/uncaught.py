"""What nobody catches: failures that end a management command, a script or a thread."""

import logging
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from django.apps import apps

from errorkit.reports.report import Kind

logger = logging.getLogger("errorkit")

# What a management command's name stands behind; the last one is `python -m django`.
ENTRANCES = frozenset({"manage.py", "django-admin", "__main__.py"})

ExceptHook = Callable[[type[BaseException], BaseException, TracebackType | None], Any]
ThreadHook = Callable[[threading.ExceptHookArgs], Any]


def capture_uncaught() -> None:
    """Capture what nobody catches in this process; one line in manage.py, in a script, or where a site starts threads.

    The hooks that were there before run as before. Calling it twice changes nothing. What is captured is neither the end of a
    process (SystemExit, KeyboardInterrupt) nor a CommandError: that is a sentence for whoever typed the command.
    """
    if not isinstance(sys.excepthook, _ProcessHook):
        sys.excepthook = _ProcessHook(sys.excepthook)
    if not isinstance(threading.excepthook, _ThreadHook):
        threading.excepthook = _ThreadHook(threading.excepthook)


class _ProcessHook:
    """Stands in sys.excepthook, before what was there."""

    def __init__(self, before: ExceptHook) -> None:
        self.before = before

    def __call__(
        self, kind: type[BaseException], exc: BaseException, traceback: TracebackType | None
    ) -> None:
        try:
            _capture(exc, "command", {"command": _command()})
        finally:
            self.before(kind, exc, traceback)


class _ThreadHook:
    """Stands in threading.excepthook, before what was there."""

    def __init__(self, before: ThreadHook) -> None:
        self.before = before

    def __call__(self, failed: threading.ExceptHookArgs) -> None:
        try:
            name = failed.thread.name if failed.thread else ""
            _capture(failed.exc_value, "manual", {"thread": name})
        finally:
            self.before(failed)


def _command() -> str:
    """Return the name of the management command, else that of the script; its arguments may hold anything."""
    script = Path(sys.argv[0]).name if sys.argv else ""
    return sys.argv[1] if script in ENTRANCES and len(sys.argv) > 1 else script


def _capture(exc: BaseException | None, kind: Kind, context: Mapping[str, Any]) -> None:
    # In manage.py the apps are not loaded yet when the hook is set, and may be what fails.
    if exc is None or not apps.models_ready or _is_command_error(exc):
        return
    try:
        from errorkit.capture import capture_exception

        capture_exception(exc, kind=kind, context=context, handled=False)
    except Exception:
        logger.exception("A failure could not be captured.")


def _is_command_error(exc: BaseException) -> bool:
    base = sys.modules.get("django.core.management.base")
    return base is not None and isinstance(exc, base.CommandError)
