"""Start the children, ask them in shuffled order, collect their times."""

import json
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Times:
    """Times of one variant on one path, in microseconds."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Return the median wall time of a request."""
        return median(self.wall)

    @property
    def cpu_median(self) -> float:
        """Return the median over batches of the processor time of a request, all threads included."""
        return median(self.cpu)


@contextmanager
def collector() -> Iterator[int]:
    """Run the collector in a process of its own; gives its port."""
    with _started([sys.executable, "-m", "benchmarks.collector"]) as process:
        yield int(process.stdout.readline())


def measure(
    variants: Sequence[str], path: str, *, database: str, folder: Path, rounds: int, port: int
) -> dict[str, Times]:
    """Interleave `rounds` batches of every variant on one path; each round has an order of its own."""
    times: dict[str, Times] = defaultdict(Times)
    with ExitStack() as stack:
        children = {
            variant: stack.enter_context(_child(variant, database, folder, port))
            for variant in variants
        }
        for number in range(rounds + 1):
            for variant in random.sample(variants, len(variants)):
                answer = _ask(children[variant], path=path, count=25)
                if number:  # the first round is warm-up
                    times[variant].wall.extend(each / 1000 for each in answer["wall"])
                    times[variant].cpu.append(answer["cpu"] / 1000 / len(answer["wall"]))
    return times


def _child(variant: str, database: str, folder: Path, port: int) -> Any:
    return _started(
        [sys.executable, "-m", "benchmarks.child", variant, database, str(folder), str(port)]
    )


def _ask(child: Any, **order: Any) -> dict[str, Any]:
    child.stdin.write(json.dumps(order) + "\n")
    child.stdin.flush()
    line = child.stdout.readline()
    if not line:
        raise SystemExit(f"A child ended: {' '.join(child.args)}")
    return json.loads(line)


@contextmanager
def _started(command: list[str]) -> Iterator[Any]:
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
