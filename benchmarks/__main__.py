"""Print what a request costs with errorkit, beside bare Django and its peers, from one run.

python -m benchmarks [--rounds 40] [--only WORDS]
python -m benchmarks --storms [--errors 50000]
python -m benchmarks --size [--scale 1] [--explain FILE]
python -m benchmarks --delivery [--deliveries 10000] [--runs 3]
"""

import argparse
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from benchmarks.delivery import measure_delivery
from benchmarks.processes import Times, collector, measure
from benchmarks.rows import ROWS, Row
from benchmarks.size import measure_size
from benchmarks.storms import measure_storms

HEAD = f"{'':24}{'median':>9}{'added':>9}{'cpu added':>11}{'of sentry-sdk':>15}"


def main() -> None:
    """Measure the rows that were asked for, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="batches of 25 requests per variant")
    parser.add_argument("--only", default="", help="part of a row's title")
    parser.add_argument("--storms", action="store_true", help="measure the second table only")
    parser.add_argument("--errors", type=int, default=50_000, help="in a storm")
    parser.add_argument("--size", action="store_true", help="measure at 10 million occurrences")
    parser.add_argument("--scale", type=int, default=1, help="divide that size, to be done sooner")
    parser.add_argument("--explain", type=Path, help="write the plans of the queries here")
    parser.add_argument("--delivery", action="store_true", help="measure the workers instead")
    parser.add_argument("--deliveries", type=int, default=10_000, help="how many")
    parser.add_argument("--runs", type=int, default=3, help="how often")
    options = parser.parse_args()
    if options.delivery:
        measure_delivery(rows=options.deliveries, runs=options.runs)
        return
    if options.size:
        measure_size(scale=options.scale, explain=options.explain)
        return
    if options.storms:
        measure_storms(errors=options.errors)
        return
    packages = " ".join(f"{name} {version(name)}" for name in ("Django", "sentry-sdk", "psycopg"))
    print(f"Python {platform.python_version()}, {packages}; microseconds per request, medians")
    print(
        "A budget in microseconds is for a machine on which sentry-sdk takes as long as it did where the budget was set.\n"
    )
    with tempfile.TemporaryDirectory() as folder, collector() as port:
        for number, row in enumerate(row for row in ROWS if options.only in row.title):
            place = Path(folder) / str(number)
            place.mkdir()
            with _databases(row):
                times = measure(
                    row.variants,
                    row.path,
                    database=row.database,
                    folder=place,
                    rounds=options.rounds,
                    port=port,
                )
            _print(row, times)
    if not options.only:
        measure_storms(errors=options.errors)


def _print(row: Row, times: dict[str, Times]) -> None:
    bare, ours = times["bare"], times[row.errorkit]
    sentry = times["sentry-sdk"].median - bare.median
    print(f"{row.title}\n{HEAD}")
    for variant in row.variants:
        each = times[variant]
        added = each.median - bare.median
        cpu = each.cpu_median - bare.cpu_median
        print(f"  {variant:22}{each.median:9.0f}{added:9.1f}{cpu:11.1f}{added / sentry:14.3f}x")
    added, speed = ours.median - bare.median, sentry / row.peer
    _judge(f"{row.budget:g} us, {row.budget * speed:.0f} here", added, row.budget * speed)
    if row.share:
        _judge(f"{row.share:.3f}x of sentry-sdk", added, row.share * sentry)
    if row.cpu_share:
        theirs = times["sentry-sdk"].cpu_median - bare.cpu_median
        cpu = ours.cpu_median - bare.cpu_median
        _judge(f"{row.cpu_share:.3f}x of sentry-sdk's CPU", cpu, row.cpu_share * theirs)
    print(flush=True)


def _judge(budget: str, found: float, allowed: float) -> None:
    print(f"  budget {budget}: {'kept' if found <= allowed else 'EXCEEDED'}")


@contextmanager
def _databases(row: Row) -> Iterator[None]:
    """Make a PostgreSQL database per variant, and drop them afterwards."""
    if row.database != "postgresql":
        yield
        return
    import psycopg

    names = {f"errorkit_bench_{each.replace('-', '_')}" for each in row.variants}
    with psycopg.connect("host=127.0.0.1 user=postgres dbname=postgres", autocommit=True) as server:
        for name in sorted(names):
            server.execute(f'DROP DATABASE IF EXISTS "{name}"')
            server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield
        finally:
            for name in sorted(names):
                server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


if __name__ == "__main__":
    main()
