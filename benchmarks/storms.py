"""Storms: everything fails, in one process and in two, beside bare Django and sentry-sdk; nothing here is paired, so compare, do not quote."""

import itertools
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.processes import collector
from tests.faults.storm import Storm, storm
from tests.sites import Site, write_site

VIEWS = """
import asyncio
import functools
import time

from django.contrib.auth.models import User
from django.http import JsonResponse


@functools.cache
def failure(number):
    return type(f"Failure{number}", (RuntimeError,), {})


def boom(request, number):
    order = {"number": number}
    raise failure(number)("the view failed")


def reading(request, number):
    User.objects.count()
    raise failure(number)("the view failed")


def fine(request):
    return JsonResponse({"users": User.objects.count()})


lags = []
probes = []


async def probe():
    while True:
        started = time.perf_counter()
        await asyncio.sleep(0.01)
        lags.append(time.perf_counter() - started - 0.01)


async def lag(request):
    if not probes:
        probes.append(asyncio.create_task(probe()))
    found = sorted(lags)
    lags.clear()
    return JsonResponse({"p99": found[int(len(found) * 0.99)] if found else None})


async def async_boom(request, number):
    raise failure(number)("the view failed")
"""
URLS = """
path("boom/<int:number>/", views.boom),
path("fine/", views.fine),
path("reading/<int:number>/", views.reading),
path("async-boom/<int:number>/", views.async_boom),
path("lag/", views.lag),
"""
UNLIMITED = {
    "PER_FINGERPRINT": 1e9,
    "BURST": 10**9,
    "PER_PROCESS": 1e9,
    "ROWS_PER_HOUR": 10**12,
}
WAL = (
    "\nDATABASES['default']['OPTIONS'] = {'init_command':"
    " 'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;'}\n"
)
FOUND = (
    "[Occurrence.objects.count(), Occurrence.objects.filter(incident=None).count(),"
    " sum(Incident.objects.values_list('times_seen', flat=True))]"
)
MB = 1_000_000
WARM_UP = 1_000
FINE = 50  # good requests before the first failure: a site uses its database anyway
BASE_SHARE = 5 / 19  # of what sentry-sdk takes beyond bare Django


def measure_storms(*, errors: int) -> None:
    """Print the table of storms."""
    print(f"Storms of {errors:,} errors, 16 clients, gunicorn with 8 threads, SQLite\n")
    for workers in (1, 2):
        for kinds in (1, 5_000) if workers == 2 else (1,):
            bare, peer, ours = (
                _storm(variant, workers=workers, kinds=kinds, errors=errors)
                for variant in ("bare", "sentry-sdk", "errorkit")
            )
            print(
                f"  base memory beyond bare: sentry-sdk {(peer - bare) / MB:.1f} MB, errorkit"
                f" {(ours - bare) / MB:.1f} MB, {(ours - bare) / (peer - bare):.2f}x (budget {BASE_SHARE:.2f}x)",
                flush=True,
            )
    _writers(errors // 5)
    _loop_lag()


def _storm(variant: str, *, workers: int, kinds: int, errors: int) -> int:
    """Let everything fail; a fifth of the errors comes before memory is first read, which is returned, in bytes."""
    # sentry-sdk answers a tenth as fast, and what it loses shows soon.
    errors = errors // 5 if variant == "sentry-sdk" else errors
    with collector() as port, _site(variant, port) as site:
        site.start("gthread", workers=workers)
        for _ in range(FINE):
            site.get("/fine/")
        paths = (f"/boom/{number % kinds}/" for number in itertools.count())
        warm = storm(site.port, paths, errors // 5)
        before, written = _memory(site), _written(site)
        seen = storm(site.port, paths, errors - warm.answers)
        growth, written = _memory(site) - before, _written(site) - written
        title = f"{variant}, {workers} process{'es' * (workers > 1)}, {kinds:,} fingerprints"
        print(
            f"  {title:44}{seen.rate:8.0f}/s  memory {before / MB:5.1f} MB, grew by"
            f" {growth / MB:5.2f} MB, {written / seen.answers:6.0f} bytes written for each",
            end="",
        )
        print(_fate(variant, site, port, warm, seen), flush=True)
    return before


def _fate(variant: str, site: Site, port: int, *storms: Storm) -> str:
    """Return what became of the errors."""
    answers = sum(each.answers for each in storms)
    if variant == "sentry-sdk":
        site.stop()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            arrived = int(answer.read())
        return f", {100 * (1 - arrived / answers):.0f} % lost"
    if variant == "bare":
        return ""
    started = time.monotonic()
    shown = sum(len(each.references) for each in storms)
    while True:
        stored, waiting, counted = site.evaluate(FOUND)
        seconds = time.monotonic() - started
        if (stored >= shown and not waiting) or seconds > 300:
            break
    return (
        f", {answers - shown} without a reference, {shown - stored} lost,"
        f" counts {'exact' if counted == stored else 'WRONG'}, all found after {seconds:.1f} s"
    )


def _writers(errors: int) -> None:
    """Compare 32 writers on one incident with 32 on as many; everything is kept in full, on PostgreSQL."""
    rates = {}
    for kinds in (1, 32):
        with _site("errorkit", 0, engine="postgresql", limits=UNLIMITED) as site:
            site.start("gthread", workers=2, threads=16)
            paths = (f"/reading/{number % kinds}/" for number in itertools.count())
            storm(site.port, paths, WARM_UP, clients=32)
            rates[kinds] = storm(site.port, paths, errors, clients=32).rate
    print(
        f"  32 writers, PostgreSQL: {rates[1]:.0f}/s on one incident, {rates[32]:.0f}/s on 32:"
        f" {rates[1] / rates[32]:.2f}x (budget 0.80x)",
        flush=True,
    )


def _loop_lag() -> None:
    """Measure how late the event loop is while 200 requests fail at once."""
    for variant in ("bare", "errorkit"):
        with _site(variant, 0, engine="postgresql") as site:
            site.start("uvicorn")
            paths = (f"/async-boom/{number % 32}/" for number in itertools.count())
            site.get("/lag/")
            storm(site.port, paths, WARM_UP, clients=200)
            site.get("/lag/")
            seen = storm(site.port, paths, WARM_UP * 5, clients=200)
            p99 = site.get("/lag/").json()["p99"]
            print(
                f"  {variant}, uvicorn, 200 clients: loop lag p99 {p99 * 1000:.0f} ms, {seen.rate:.0f}/s",
                flush=True,
            )


@contextmanager
def _site(variant: str, port: int, *, engine: str = "sqlite", limits: Any = None) -> Iterator[Site]:
    """Write a site; `port` is that of the collector."""
    text = WAL if engine == "sqlite" else "\nDATABASES['default']['CONN_MAX_AGE'] = 60\n"
    if variant == "sentry-sdk":
        text += f"import sentry_sdk\nsentry_sdk.init('http://key@127.0.0.1:{port}/1')\n"
    if limits:
        text += f"ERRORKIT = {{'LIMITS': {limits}}}\n"
    with tempfile.TemporaryDirectory() as folder:
        site = write_site(
            Path(folder) / "site",
            engine=engine,
            views=VIEWS,
            urls=URLS,
            settings={"LOGGING_CONFIG": None},
            settings_text=text,
            errorkit=variant == "errorkit",
        )
        try:
            yield site
        finally:
            site.close()


def _workers(site: Site) -> list[psutil.Process]:
    return psutil.Process(site.web.pid).children()


def _memory(site: Site) -> int:
    """Return what the largest worker has for itself."""
    return max(each.memory_full_info().uss for each in _workers(site))


def _written(site: Site) -> int:
    return sum(each.io_counters().write_bytes for each in _workers(site))
