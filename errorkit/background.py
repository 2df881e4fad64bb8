"""The one worker thread of a process: drain, digest, ring the doorbell; started by a record, ends when idle.

A process has at most this thread and, while a write is running, the watchdog. The thread has one database connection of its own, which
is closed after each round. It is a daemon: nothing that it holds is lost when the process dies, because what it works on is in the database and in the spool.
"""

import atexit
import logging
import os
import sys
import threading
import time

from django.db import connections

from errorkit.conf import get_config
from errorkit.delivery.doorbell import ring
from errorkit.exceptions import BusySpoolError, SpoolError
from errorkit.storage.bounded import bounded
from errorkit.storage.breaker import breaker
from errorkit.storage.growth import MovedError
from errorkit.storage.hosttest import in_host_test
from errorkit.storage.local import has_leftovers, is_resting, let_rest
from errorkit.storage.outage import tell_of_outage
from errorkit.storage.quiet import quietly
from errorkit.sweep import SweepResult, sweep

logger = logging.getLogger("errorkit")

GATHER = 0.25  # seconds: what comes in meanwhile is done in the same round
SPACING = 1.0  # seconds from the start of one round to the next: a round costs much the same for one report and for a hundred
IDLE = 2.5  # seconds without work until the thread looks once more, and then until it ends
WATCH = 65.0  # seconds until it looks whether somebody has swept: longer than a sweep may be ago
FAREWELL = 2.0  # seconds that a process may take longer to exit
LONGEST_ROUND = 30.0  # seconds until a round is taken for stuck
RETRIES = (1.0, 2.0, 4.0, 8.0, 15.0)  # seconds between rounds that fail
PASSING = (BusySpoolError, MovedError)  # somebody else was faster: tried again in the next round
OUTAGE_AFTER = 3  # failed rounds in a row
OUTAGE_SECONDS = 15.0  # of rounds that fail, however few: one that has to be cut takes long


class Worker:
    """The thread and what wakes it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._thread: threading.Thread | None = None
        self._leaving = threading.Event()
        self._started = float("-inf")
        self._failures = 0
        self._failing_since = 0.0
        self._looked_again = False
        self._unsure = False
        self._watched = False

    def wake(self) -> None:
        """Say that there is work; costs next to nothing while the thread knows."""
        if self._work.is_set():
            return
        with self._lock:
            self._work.set()
            alive = self._thread is not None and self._thread.is_alive()
            if not alive and not self._leaving.is_set() and _threads_run():
                self._thread = threading.Thread(
                    target=self._run, name="errorkit-background", daemon=True
                )
                self._thread.start()

    def leave(self, seconds: float) -> None:
        """Let the thread finish what it has, for so long at most."""
        with self._lock:
            self._leaving.set()
            thread = self._thread
            self._work.set()
        if thread is not None:
            thread.join(seconds)

    def _run(self) -> None:
        with quietly():
            while self._wait():
                self._work.clear()
                self._round()
                connections.close_all()

    def _wait(self) -> bool:
        """Wait for work; False once there has been none for a while, or the process is leaving and all is done.

        Before the thread ends it looks once more: what a process has left that was killed meanwhile has nobody else to wait for. While it is
        not sure that somebody sends the alerts, it stays, and looks every now and then.
        """
        if self._leaving.is_set() and not self._work.is_set():
            return False
        watching = self._unsure and self._looked_again
        has_work = self._work.wait(WATCH if watching else IDLE)
        self._watched = watching and not has_work
        if has_work:
            self._looked_again = False
            self._leaving.wait(max(GATHER, self._started + SPACING - time.monotonic()))
            return True
        with self._lock:
            needed = self._unsure or is_resting()
            if not self._work.is_set() and self._looked_again and not needed:
                self._thread = None
                return False
        self._looked_again = True
        return True

    def _round(self) -> None:
        self._started = time.monotonic()
        try:
            result = _sweep()
        except Exception as error:  # noqa: BLE001 - the thread must outlive whatever a database driver raises
            self._fail(error)
            return
        if self._failures:
            logger.warning("Reports are moved into the database again.")
        self._failures = 0
        breaker.reset()
        # Only a round after a long look knows better than the one that was unsure.
        self._unsure = result.unsure or (self._unsure and not self._watched)
        if result.owed:
            ring()
        if result.busy or has_leftovers():
            self._work.set()

    def _fail(self, error: Exception) -> None:
        if isinstance(error, PASSING):
            self._work.set()
            return
        self._failures += 1
        if self._failures == 1:
            self._failing_since = self._started
            logger.warning("Reports wait, they cannot be moved into the database: %s", error)
        if isinstance(error, SpoolError):
            let_rest(error)
        elif self._failures >= OUTAGE_AFTER or time.monotonic() > (
            self._failing_since + OUTAGE_SECONDS
        ):
            tell_of_outage(error)
        if not self._leaving.wait(RETRIES[min(self._failures, len(RETRIES)) - 1]):
            self._work.set()


def _threads_run() -> bool:
    """Return whether threads run between requests, too.

    Under uWSGI without --enable-threads they stand still there, with whatever locks they hold, and other processes would wait for those.
    """
    return bool(getattr(sys.modules.get("uwsgi"), "has_threads", True))


def _sweep() -> SweepResult:
    with bounded(get_config().database, LONGEST_ROUND):
        return sweep(deliver=False)


_worker = Worker()


def wake() -> None:
    """Have what was recorded drained and digested soon; never in a host's test run."""
    if not in_host_test():
        _worker.wake()


def look_for_leftovers() -> None:
    """Take up what an earlier process has left in the spool; called at a process's first request."""
    with quietly():
        if not in_host_test() and has_leftovers():
            _worker.wake()


def rest(seconds: float = FAREWELL) -> None:
    """Finish and stop the thread; the next `wake` starts another one."""
    global _worker
    worker, _worker = _worker, Worker()
    worker.leave(seconds)


def _start_afresh() -> None:
    global _worker  # noqa: PLW0603 - threads do not survive a fork, and their locks may be held for ever
    _worker = Worker()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh)
atexit.register(lambda: _worker.leave(FAREWELL))
