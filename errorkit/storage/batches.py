"""A batch of undigested occurrences, sorted by what they have in common. Values only."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from errorkit.models import Occurrence


class Key(NamedTuple):
    """What occurrences of one incident have in common."""

    fingerprint: str
    environment: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """Occurrences that belong together, oldest first; never empty. What is asked of it more than once is found out once."""

    rows: tuple[Occurrence, ...]

    @property
    def first(self) -> Occurrence:
        """Return the oldest."""
        return self.rows[0]

    @property
    def last(self) -> Occurrence:
        """Return the newest."""
        return self.rows[-1]

    @cached_property
    def full(self) -> tuple[Occurrence, ...]:
        """Return those with a traceback of their own."""
        return tuple(row for row in self.rows if row.full)

    @cached_property
    def times(self) -> int:
        """Return how many failures the rows stand for."""
        return sum(row.times for row in self.rows)

    @property
    def light(self) -> int:
        """Return how many of them were kept without a traceback."""
        return self.times - len(self.full)

    @property
    def telling(self) -> Occurrence:
        """Return the one to show: the oldest full one, else the oldest."""
        return next(iter(self.full), self.first)

    def newest_by_release(self) -> dict[str, datetime]:
        """Return when the latest failure of each release happened."""
        return {row.release: row.occurred_at for row in self.rows}

    @cached_property
    def hours(self) -> Counter[datetime]:
        """Return how many failures fell into each hour."""
        counts: Counter[datetime] = Counter()
        for row in self.rows:
            counts[row.occurred_at.replace(minute=0, second=0, microsecond=0)] += row.times
        return counts


def group_by_key(rows: Sequence[Occurrence]) -> dict[Key, Group]:
    """Return the rows by fingerprint and environment."""
    found: defaultdict[Key, list[Occurrence]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.occurred_at, row.id)):
        found[Key(row.fingerprint, row.environment)].append(row)
    return {key: Group(rows=tuple(members)) for key, members in found.items()}


def join(groups: Sequence[Group]) -> Group:
    """Return one group of all rows, for fingerprints that lead to the same incident."""
    if len(groups) == 1:
        return groups[0]
    rows = [row for group in groups for row in group.rows]
    return Group(rows=tuple(sorted(rows, key=lambda row: (row.occurred_at, row.id))))
