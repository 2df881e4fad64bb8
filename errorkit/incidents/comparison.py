"""What the newest occurrences of an incident have in common, and in what they differ."""

from collections import Counter
from dataclasses import dataclass

from errorkit.conf import get_config
from errorkit.models import Incident, Occurrence

SAMPLE = 200
SHOWN = 4
COLUMNS = ("release", "server", "route", "method", "status", "user_label", "browser", "kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One value and how much of the sample has it, in per cent; an empty text stands for no value."""

    value: str
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """One column over the sample: the commonest values first, and how many others there are."""

    column: str
    shares: tuple[Share, ...]
    others: int

    @property
    def is_common(self) -> bool:
        """Return whether all of the sample agree."""
        return len(self.shares) == 1 and not self.others


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The traits of the newest occurrences; `size` is how many were looked at."""

    size: int
    traits: tuple[Trait, ...]

    @property
    def common(self) -> list[Trait]:
        """Return the traits that all share."""
        return [trait for trait in self.traits if trait.is_common]

    @property
    def different(self) -> list[Trait]:
        """Return the traits in which they differ."""
        return [trait for trait in self.traits if not trait.is_common]


def compare(incident: Incident) -> Comparison:
    """Look at the newest 200 occurrences, in one query that reads no payload."""
    newest = Occurrence.objects.using(get_config().database).of_incident(incident.pk)
    rows = list(newest.values_list(*COLUMNS)[:SAMPLE])
    columns = zip(COLUMNS, zip(*rows, strict=True), strict=True) if rows else ()
    traits = (_trait(column, values) for column, values in columns)
    return Comparison(size=len(rows), traits=tuple(trait for trait in traits if _says(trait)))


def _trait(column: str, values: tuple[object, ...]) -> Trait:
    texts = ["" if value is None else str(value) for value in values]
    commonest = Counter(texts).most_common()
    shares = (
        Share(value=value, percent=round(100 * number / len(texts)))
        for value, number in commonest[:SHOWN]
    )
    return Trait(column=column, shares=tuple(shares), others=max(len(commonest) - SHOWN, 0))


def _says(trait: Trait) -> bool:
    """Return whether the trait has a value at all."""
    return not (trait.is_common and not trait.shares[0].value)
