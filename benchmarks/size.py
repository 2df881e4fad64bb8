"""Print how long pages and look-ups take at 10 million occurrences, beside the same at 1/100 of that.

python -m benchmarks --size [--scale 1] [--explain docs/size-plans.txt]

Two databases of its own are filled on PostgreSQL (PGHOST, PGPORT, PGUSER) and dropped afterwards; the larger takes 12 GB and some minutes.
"""

import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.processes import measure

SERVER = {
    "HOST": os.environ.get("PGHOST", "127.0.0.1"),
    "PORT": os.environ.get("PGPORT", "5432"),
    "USER": os.environ.get("PGUSER", "postgres"),
}
LARGE = "errorkit_bench_size_large"
SMALL = "errorkit_bench_size_small"
ROUNDS = 5
WARM_UP = 2  # of each round
TIMES = 5
RATIO = 1.5  # of a page at both sizes
PAGE = 100  # milliseconds; what has another budget is no page
# What a request of bare Django took on the machine that the budgets were set on, in microseconds.
BARE = 79
PRUNE_SECONDS = 30.0
ALONE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Measured:
    """The median of one look in milliseconds, its queries, and their plans."""

    median: float
    queries: int
    plans: list[str]


def measure_size(*, scale: int, explain: Path | None) -> None:
    """Fill, measure, print, drop. `scale` divides the size, for a first try."""
    _configure()
    from benchmarks.generate import Size
    from benchmarks.looks import LOOKS

    large = Size(incidents=100_000 // scale, occurrences=10_000_000 // scale)
    small = Size(incidents=large.incidents // 100, occurrences=large.occurrences // 100)
    packages = " ".join(f"{name} {version(name)}" for name in ("Django", "psycopg"))
    speed = _speed()
    print(
        f"Python {platform.python_version()}, {packages}; a request of bare Django takes {speed:.2f} times as long as where the"
        " budgets were set, and they are multiplied by that."
    )
    with _filled(SMALL, small) as few, _filled(LARGE, large) as many:
        samples = {name: _samples(name) for name in (SMALL, LARGE)}
        print(f"\n{'milliseconds, medians, warm':44}{few:>12}{many:>12}{'ratio':>8}{'queries':>9}")
        measured = {}
        for look in LOOKS:
            before, after = _measure_both(look.run, samples)
            _print(look, before, after, speed)
            measured[look.title] = after
        if explain:
            explain.write_text(_plans(measured))
        _print_pruning()


def _print_pruning() -> None:
    """Prune for a while, beside two processes that fail 200 times a second each."""
    from benchmarks.pruning import describe, measure_prune, while_failing

    _, alone = while_failing(lambda: time.sleep(ALONE_SECONDS))
    pruned, beside = while_failing(lambda: measure_prune(PRUNE_SECONDS))
    print(
        f"\n  prune: {pruned.rows:,} rows in {pruned.seconds:.0f} s, {pruned.rows / pruned.seconds:,.0f} rows/s,"
        f" longest statement {pruned.longest:.0f} ms   budget 10,000 rows/s, 250 ms"
        f"\n  insert: {describe(alone)}; while pruning: {describe(beside)}, {median(beside) / median(alone):.2f} times   budget 1.5 times"
    )


def _speed() -> float:
    """Return how many times slower this machine is."""
    with tempfile.TemporaryDirectory() as folder:
        times = measure(
            ["bare"], "/good/", database="sqlite", folder=Path(folder), rounds=20, port=0
        )
    return times["bare"].median / BARE


def _print(look: Any, small: Measured, large: Measured, speed: float) -> None:
    ratio = large.median / small.median
    is_page = look.budget == PAGE and look.title.startswith(("admin", "API"))
    steady = ratio <= RATIO or not is_page
    kept = large.median <= look.budget * speed and small.queries == large.queries and steady
    print(
        f"  {look.title:42}{small.median:12.1f}{large.median:12.1f}{ratio:8.2f}{large.queries:9}"
        f"   budget {look.budget:g}: {'kept' if kept else 'EXCEEDED'}",
        flush=True,
    )


def _plans(measured: dict[str, Measured]) -> str:
    return "\n\n".join(
        f"{title}\n{'=' * len(title)}\n\n" + "\n\n".join(each.plans)
        for title, each in measured.items()
    )


def _samples(name: str) -> list[Any]:
    from benchmarks.looks import choose_samples

    _use(name)
    return choose_samples(ROUNDS * (WARM_UP + TIMES))


def _measure_both(
    run: Callable[[Any], object], samples: dict[str, Sequence[Any]]
) -> Iterator[Measured]:
    """Take turns, so that both meet the same load; a machine may be twice as fast a second later."""
    times: dict[str, list[float]] = {name: [] for name in samples}
    for number in range(ROUNDS):
        for name, some in samples.items():
            _use(name)
            times[name] += [_time(run, each) for each in some[number::ROUNDS]][WARM_UP:]
    for name, some in samples.items():
        _use(name)
        statements = _statements(run, some[-1])
        plans = [_explain(*it) for it in statements]
        yield Measured(median(times[name]), len(statements), plans)


def _time(run: Callable[[Any], object], each: Any) -> float:
    start = time.perf_counter()
    run(each)
    return (time.perf_counter() - start) * 1000


def _statements(run: Callable[[Any], object], each: Any) -> list[tuple[str, Any]]:
    """Return the SELECTs of one more run, with their parameters."""
    from django.db import connection

    seen: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT"):
            seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        run(each)
    return seen


def _explain(sql: str, params: Any) -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, SUMMARY OFF) {sql}", params)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    return f"{sql.replace(chr(34), '')}\n\n{plan}"


def _configure() -> None:
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="benchmark",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="benchmarks.looks",
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": SMALL, **SERVER}},
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
            "errorkit",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        STATIC_URL="static/",
        USE_TZ=True,
        LOGGING_CONFIG=None,
        ERRORKIT={"SPOOL_DIR": None, "DISPATCH": "command"},
    )
    django.setup()


def _use(name: str) -> None:
    """Let the default connection be one to this database."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name


@contextmanager
def _filled(name: str, size: Any) -> Iterator[str]:
    """Make and fill a database, drop it afterwards; gives its number of occurrences."""
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.generate import generate

    with _server() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
    try:
        _use(name)
        start = time.monotonic()
        call_command("migrate", verbosity=0)
        generate(size)
        seconds = time.monotonic() - start
        print(
            f"{size.occurrences:,} occurrences of {size.incidents:,} incidents in {seconds:.0f} s"
        )
        yield f"{size.occurrences:,}"
    finally:
        connection.close()
        with _server() as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _server() -> Any:
    import psycopg

    return psycopg.connect(
        host=SERVER["HOST"],
        port=SERVER["PORT"],
        user=SERVER["USER"],
        dbname="postgres",
        autocommit=True,
    )
