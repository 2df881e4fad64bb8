"""For a host's own tests.

In a test run errorkit writes into the test's own connection and starts nothing; `live` switches that off, `captured` shows what was captured.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from errorkit import background, capture
from errorkit.reports.report import Report
from errorkit.storage import hosttest, limits, local
from errorkit.storage.breaker import breaker

# Seconds, on a busy machine: a thread that outlives its test meets the tables of the next one.
TO_END = 60.0


@contextmanager
def live() -> Iterator[None]:
    """Behave as in production inside the block, although a test environment is set up: rungs, spool, limits, thread and doorbell.

    Also works as a decorator. Give it a SPOOL_DIR of its own. On the way out the thread has ended and the spool is closed.
    """
    _start_afresh()
    hosttest.go_live()
    try:
        yield
    finally:
        background.rest(seconds=TO_END)
        hosttest.leave_live()
        _start_afresh()


@contextmanager
def captured() -> Iterator[list[Report]]:
    """Collect the reports that are captured inside the block, by any thread."""
    reports: list[Report] = []
    capture.watchers.append(reports.append)
    try:
        yield reports
    finally:
        capture.watchers.remove(reports.append)


def _start_afresh() -> None:
    local.close_local_spool()
    limits.forget()
    breaker.reset()
