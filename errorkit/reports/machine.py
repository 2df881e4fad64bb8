"""How the machine was when something failed; looked at no more than once a second per process."""

import os
import shutil
import tempfile
import threading
import time
from typing import Any
from weakref import WeakSet

SECONDS = 1.0

# Every database connection that Django has opened in this process and not forgotten, in whichever thread.
connections: WeakSet[Any] = WeakSet()

_taken: tuple[float, dict[str, Any]] = (float("-inf"), {})


def machine() -> dict[str, Any]:
    """Return load, threads, open database connections, free disk and, where psutil is installed, memory (in bytes); never raises.

    Concurrent failures share one look: those that come while somebody is looking get the one before.
    """
    global _taken  # noqa: PLW0603 - one assignment of a pair, so that no lock is needed
    when, known = _taken
    now = time.monotonic()
    if now - when < SECONDS:
        return known
    _taken = (now, known)
    known = _look()
    _taken = (now, known)
    return known


def _look() -> dict[str, Any]:
    try:
        return {
            "process": os.getpid(),
            "threads": threading.active_count(),
            "database_connections": _open_connections(),
            "load": round(os.getloadavg()[0], 2),
            "disk_free": shutil.disk_usage(tempfile.gettempdir()).free,
            **_memory(),
        }
    except Exception:  # noqa: BLE001 - psutil has errors of its own, and some systems lack a measure
        return {}


def _open_connections() -> int:
    # One step of the interpreter's, because other threads open connections meanwhile.
    known = list(connections.data)  # type: ignore[attr-defined]
    wrappers = [reference() for reference in known]
    return sum(getattr(wrapper, "connection", None) is not None for wrapper in wrappers)


def _memory() -> dict[str, int]:
    try:
        import psutil
    except ImportError:
        return {}
    return {
        "memory_used": psutil.Process().memory_info().rss,
        "memory_free": psutil.virtual_memory().available,
    }
