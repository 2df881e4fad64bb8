"""How well a rule groups: does it put together what is one bug, and keep apart what is not?"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from errorkit.conf import get_config
from errorkit.reports.fingerprints import fingerprint_of
from errorkit.reports.outline import outline_of
from tests.corpus.tracebacks import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Of all pairs of samples in one group: the share that is one bug (precision). Of all pairs of one bug: the share in one group (recall)."""

    precision: float
    recall: float
    groups: int

    @property
    def f1(self) -> float:
        """Return the harmonic mean of both."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def by_errorkit(exc: BaseException) -> str:
    """Return errorkit's fingerprint."""
    return fingerprint_of(outline_of(exc, get_config()))[0]


def by_message(exc: BaseException) -> str:
    """Return type and message: the rule of most loggers."""
    return f"{type(exc).__name__}: {exc}"


def by_line(exc: BaseException) -> str:
    """Return type and the line that raised: the rule of most scripts."""
    traceback = exc.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    place = traceback and (traceback.tb_frame.f_code.co_filename, traceback.tb_lineno)
    return f"{type(exc).__name__}: {place}"


RULES: dict[str, Callable[[BaseException], str]] = {
    "errorkit": by_errorkit,
    "type and message": by_message,
    "type and line": by_line,
}


def score(samples: Iterable[Sample], rule: Callable[[BaseException], str]) -> Score:
    """Return the score of a rule over all pairs of samples."""
    pairs = [(sample.bug, rule(sample.exc)) for sample in samples]
    both = _pairs_in(Counter(pairs))
    groups = Counter(key for _, key in pairs)
    return Score(
        precision=both / max(_pairs_in(groups), 1),
        recall=both / _pairs_in(Counter(bug for bug, _ in pairs)),
        groups=len(groups),
    )


def _pairs_in(counts: Counter[tuple[str, str]] | Counter[str]) -> int:
    return sum(count * (count - 1) // 2 for count in counts.values())


def mistakes(samples: Iterable[Sample], rule: Callable[[BaseException], str]) -> list[str]:
    """Return in words which bugs were split and which were lumped together."""
    by_bug: dict[str, set[str]] = {}
    by_key: dict[str, set[str]] = {}
    for sample in samples:
        key = rule(sample.exc)
        by_bug.setdefault(sample.bug, set()).add(key)
        by_key.setdefault(key, set()).add(sample.bug)
    split = [f"split {len(keys)} ways: {bug}" for bug, keys in by_bug.items() if len(keys) > 1]
    lumped = [f"lumped: {', '.join(sorted(found))}" for found in by_key.values() if len(found) > 1]
    return split + lumped
