"""How prune does at size, while occurrences keep coming in."""

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any

from django.db import connection

from errorkit.models import Occurrence
from errorkit.reports.identity import make_occurrence_id
from errorkit.reports.report import Report
from errorkit.storage.retention import PruneResult, prune

WRITERS = 2
RATE = 200  # writes a second of each
ROW = "v1:" + "f" * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """Rows deleted, seconds it took, and milliseconds of the longest statement."""

    rows: int
    seconds: float
    longest: float
    finished: bool


def measure_prune(seconds: float) -> Pruned:
    """Prune for so many seconds."""
    longest = 0.0

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal longest
        start = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            longest = max(longest, (time.perf_counter() - start) * 1000)

    start = time.monotonic()
    with connection.execute_wrapper(watch):
        result: PruneResult = prune(seconds=seconds)
    took = time.monotonic() - start
    rows = sum(result.deleted.values())
    return Pruned(rows=rows, seconds=took, longest=longest, finished=result.finished)


def while_failing(work: Callable[[], Any]) -> tuple[Any, list[float]]:
    """Do the work while two processes write 200 occurrences a second each; return its result, and the milliseconds of each write."""
    connection.close()
    fork = multiprocessing.get_context("fork")
    done, times = fork.Event(), fork.Queue()
    writers = [fork.Process(target=_fail, args=(done, times)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        result = work()
    finally:
        done.set()
        # A process ends only once somebody has read what it said.
        written = [each for _ in writers for each in times.get()]
        for writer in writers:
            writer.join()
    return result, written


def _fail(done: Any, times: Any) -> None:
    """Write one occurrence after the other, as a failing request does."""
    written: list[float] = []
    try:
        payload = Occurrence.objects.filter(full=True).values_list("payload", flat=True)[0]
        while not done.is_set():
            row, start = _row(payload), time.perf_counter()
            row.save(force_insert=True)
            took = time.perf_counter() - start
            written.append(took * 1000)
            done.wait(max(1 / RATE - took, 0))
    finally:
        connection.close()
        times.put(written)


def describe(times: list[float]) -> str:
    """Return median and 99th percentile."""
    return f"{median(times):.1f} ms, p99 {quantiles(times, n=100)[98]:.1f} ms"


def _row(payload: str) -> Occurrence:
    row = Occurrence.from_report(
        Report(
            id=make_occurrence_id(),
            occurred_at=datetime.now(UTC),
            kind="request",
            fingerprint=ROW,
            title="ValueError: written while all that runs",
            location="shop.orders.views in order_detail",
            environment="production",
            status=500,
        )
    )
    row.payload = payload
    return row
