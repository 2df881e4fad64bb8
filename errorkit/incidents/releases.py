"""Which of two releases is the newer one: by their versions where both have one, else by when they were deployed. Values only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

# `1.4.2`, `v1.4.2-rc.1+build`, `shop@1.4.2`, `2026.11.20`, `2026-11-20-2`, `20261120.1`
VERSION = re.compile(
    r"(?:[\w.-]*@)?v?(?P<numbers>\d{1,9}(?:[._-]\d{1,9}){0,5})"
    r"(?:[-.]?(?P<stage>(?:a|alpha|b|beta|c|dev|pre|preview|rc)[-.]?[0-9A-Za-z.-]{0,40}))?(?:\+[\w.-]*)?",
    re.IGNORECASE,
)
YEARS = range(1990, 2101)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The numbers of a release and, before it is final, its stage; calendar versions and others do not compare."""

    numbers: tuple[int, ...]
    stage: tuple[tuple[int, int, str], ...]
    calendar: bool

    @property
    def rank(self) -> tuple[object, ...]:
        """Return what orders versions of one kind: a final one comes after its candidates (semver.org, section 11)."""
        return (self.numbers, not self.stage, self.stage)


def read_version(release: str) -> Version | None:
    """Return the version that a release names; None for a commit, a word or a single number, which may be part of a hash."""
    match = VERSION.fullmatch(release.strip())
    if match is None:
        return None
    numbers = [int(part) for part in re.split(r"[._-]", match["numbers"])]
    calendar = _is_calendar(match["numbers"], numbers)
    if len(numbers) == 1 and not calendar:
        return None
    if calendar and numbers[0] > YEARS.stop:
        day = numbers[0]
        numbers[:1] = [day // 10_000, day // 100 % 100, day % 100]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return Version(numbers=tuple(numbers), stage=_stage(match["stage"] or ""), calendar=calendar)


def _is_calendar(text: str, numbers: list[int]) -> bool:
    if re.match(r"\d{8}(?!\d)", text):
        return numbers[0] // 10_000 in YEARS and 1 <= numbers[0] // 100 % 100 <= 12
    return numbers[0] in YEARS


def _stage(text: str) -> tuple[tuple[int, int, str], ...]:
    parts = re.findall(r"\d+|[a-z]+", text.lower())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The releases of one environment. `deployed` tells when each was deployed first, `current` which one is in operation."""

    deployed: Mapping[str, datetime] = field(default_factory=dict)
    current: str = ""

    def is_older(self, release: str, other: str) -> bool | None:
        """Return whether a release comes before another one; None where nothing tells."""
        if not release or not other:
            return None
        if release == other:
            return False
        first, second = read_version(release), read_version(other)
        if first and second and first.calendar == second.calendar:
            return first.rank < second.rank
        if release in self.deployed and other in self.deployed:
            return self.deployed[release] < self.deployed[other]
        return None
