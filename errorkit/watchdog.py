"""End what takes too long: one thread per process that cuts what is overdue.

It is started by the first watch, polls while something is watched or was a moment ago, and ends when idle; arming costs a dict insert, where a
timer of its own would cost a thread.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

POLL = 0.05
IDLE = 3.0


@dataclass(slots=True)
class Watch:
    """Something under way. `fired` says that the watchdog has called `cut`."""

    cut: Callable[[], None]
    due: float
    fired: bool = False


class Watchdog:
    """Cut what is overdue. `cut` must not raise, wait, or arm another watch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watches: dict[int, Watch] = {}
        self._thread: threading.Thread | None = None
        self._last_armed = 0.0

    def arm(self, seconds: float, cut: Callable[[], None]) -> Watch:
        """Start to watch: after so many seconds `cut` is called."""
        now = time.monotonic()
        watch = Watch(cut, now + seconds)
        with self._lock:
            self._watches[id(watch)] = watch
            self._last_armed = now
            if self._thread is None or not self._thread.is_alive():
                self._thread = _start(self._run)
        return watch

    def disarm(self, watch: Watch) -> None:
        """Stop watching: it has ended one way or the other. From here on `cut` is not called, and not running."""
        with self._lock:
            self._watches.pop(id(watch), None)

    def _run(self) -> None:
        while True:
            time.sleep(POLL)
            now = time.monotonic()
            with self._lock:
                for watch in self._watches.values():
                    if not watch.fired and watch.due <= now:
                        watch.fired = True
                        watch.cut()
                if not self._watches and now - self._last_armed > IDLE:
                    self._thread = None
                    return


def _start(run: Callable[[], None]) -> threading.Thread | None:
    thread = threading.Thread(target=run, name="errorkit-watchdog", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        # No thread can be started while the interpreter ends; what is under way then goes unwatched.
        return None
    return thread


_watchdog = Watchdog()


@contextmanager
def watched(seconds: float, cut: Callable[[], None]) -> Iterator[Watch]:
    """Have this process's watchdog call `cut` if the block takes longer; afterwards `fired` says whether it did."""
    dog = _watchdog
    watch = dog.arm(seconds, cut)
    try:
        yield watch
    finally:
        dog.disarm(watch)


def _start_afresh() -> None:
    global _watchdog  # noqa: PLW0603 - the child has neither the parent's thread nor a use for its locks
    _watchdog = Watchdog()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh)
