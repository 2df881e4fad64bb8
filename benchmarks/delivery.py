"""How fast two prefork workers deliver on PostgreSQL and Redis, whether each row leaves once, and how long a failure takes to arrive."""

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

import django
import psutil
from django.conf import settings

from tests.delivery.texts import owe_text
from tests.processes import Process, wait_until
from tests.servers import Redis
from tests.servers.receiver import Received, Receiver, Reply
from tests.servers.sentry import KEY, PROJECT, accept, read_envelope
from tests.sites import Site, write_site

BUDGET = 300  # deliveries per second
SENTRY = "errorkit.delivery.channels.sentry.SentryChannel"
BEAT = """
from errorkit.beat import beat_schedule
CELERY_BEAT_SCHEDULE = {**beat_schedule()}
"""


class Collector(Receiver):
    """Says yes and reads later, so that it takes little of the time that is measured."""

    def default(self, request: Received) -> Reply:
        """Accept whatever it is."""
        return accept()

    def events(self) -> list[tuple[float, dict[str, Any]]]:
        """Return when each event came, and the event."""
        return [(request.at, read_envelope(request).event) for request in self.received]


def measure_delivery(*, rows: int, runs: int) -> None:
    """Print deliveries per second, how many came twice, and the time from the failure to the acceptance."""
    settings.configure(SECRET_KEY="benchmarks")
    django.setup()
    with _site() as (site, collector):
        rates = [_rate(site, collector, rows, number) for number in range(runs)]
        print(f"best of {runs}: {max(rates):.0f}/s (budget {BUDGET}/s)\n")
    with _site() as (site, collector):
        _latency(site, collector)


@contextmanager
def _site() -> Iterator[tuple[Site, Collector]]:
    with tempfile.TemporaryDirectory() as folder, Collector() as collector, Redis() as redis:
        dsn = f"http://{KEY}@127.0.0.1:{collector.port}/{PROJECT}"
        channels = {"sentry": {"BACKEND": SENTRY, "OPTIONS": {"DSN": dsn}}}
        site = write_site(
            Path(folder) / "site",
            engine="postgresql",
            tasks="",
            settings={
                "ADMINS": [],
                "CELERY_BROKER_URL": redis.url,
                # Nothing is to be kept light here.
                "ERRORKIT": {"CHANNELS": channels, "LIMITS": {"BURST": 100_000}},
            },
            settings_text=BEAT,
        )
        try:
            yield site, collector
        finally:
            site.close()


def _rate(site: Site, collector: Collector, rows: int, number: int) -> float:
    site.execute(owe_text(rows))
    collector.received.clear()
    worker = site.start_worker(pool="prefork")
    wait_until(lambda: len(collector.received) >= rows, 1800, what=f"{rows} deliveries")
    left = "Delivery.objects.exclude(status='accepted').count()"
    wait_until(lambda: site.evaluate(left) == 0, 60, what="all written down")
    busy = _processor_seconds(worker)
    worker.stop()
    events = collector.events()
    seconds = events[-1][0] - events[0][0]
    twice = sum(count - 1 for count in Counter(event["event_id"] for _, event in events).values())
    tries = site.evaluate("list(Delivery.objects.values_list('attempts', flat=True).distinct())")
    print(
        f"run {number + 1}: {rows / seconds:.0f}/s, {rows} rows in {seconds:.1f} s, {twice} came twice, "
        f"attempts per row {tries}, {1000 * busy / rows:.2f} ms of the workers' processor time each",
        flush=True,
    )
    return rows / seconds


def _processor_seconds(worker: Process) -> float:
    family = [psutil.Process(worker.pid), *worker.descendants()]
    times = [process.cpu_times() for process in family]
    return sum(each.user + each.system for each in times)


def _latency(site: Site, collector: Collector, failures: int = 300) -> None:
    site.start("gthread", workers=2)
    site.start_worker(pool="prefork")
    for _ in range(failures):
        site.get("/boom/")
        time.sleep(0.05)
    wait_until(lambda: len(collector.received) >= failures, 120, what="all accepted")
    waits = sorted(
        at - datetime.fromisoformat(event["timestamp"]).timestamp()
        for at, event in collector.events()
    )
    cuts = quantiles(waits, n=100)
    print(
        f"from failure to accepted, {failures} failures at about 15/s: p50 {cuts[49]:.2f} s, "
        f"p99 {cuts[98]:.2f} s, longest {waits[-1]:.2f} s (budget: 1 s and 8 s)"
    )
