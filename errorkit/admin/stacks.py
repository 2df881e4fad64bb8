"""Failures by HTTP status over time: tables, which the script of the page draws as stacked bars."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from errorkit.incidents.overview import Overview, Total
from errorkit.oncall.walltime import as_local

ENVIRONMENTS = 5  # with a chart of their own

Cells = Counter[tuple[datetime, int]]  # failures by bar and status


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table, and one bar: what it stands for, and the counts by status."""

    label: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """Return how many failures there were."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChart:
    """One environment: its statuses, most frequent first, and a bar for each hour or day."""

    environment: str
    total: int
    statuses: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def shown_total(self) -> str:
        """Return the total as people read it."""
        return f"{self.total:,}"


def charts_of(overview: Overview, *, daily: bool) -> list[StatusChart]:
    """Return a chart for each environment, the one with the most failures first; a status has the same place in all of them."""
    labels = _labels(overview.starts, daily=daily)
    environments, codes = Counter[str](), Counter[int]()
    for total in overview.totals:
        environments[total.environment] += total.times
        codes[total.status_code] += total.times
    order = [code for code, _count in codes.most_common()]
    return [
        _chart(environment, _cells(overview.totals, environment), order=order, labels=labels)
        for environment, _count in environments.most_common(ENVIRONMENTS)
    ]


def _labels(starts: Sequence[datetime], *, daily: bool) -> dict[datetime, str]:
    """Return what each bar stands for, the oldest first."""
    how = "SHORT_DATE_FORMAT" if daily else "TIME_FORMAT"
    return {start: date_format(start if daily else as_local(start), how) for start in starts}


def _cells(totals: Sequence[Total], environment: str) -> Cells:
    return Counter(
        {(it.start, it.status_code): it.times for it in totals if it.environment == environment}
    )


def _chart(
    environment: str, cells: Cells, *, order: Sequence[int], labels: dict[datetime, str]
) -> StatusChart:
    rows = [
        Row(label=label, counts=tuple(cells[start, code] for code in order))
        for start, label in labels.items()
    ]
    return StatusChart(
        environment=environment,
        total=sum(cells.values()),
        statuses=tuple(str(code) if code else _("no request") for code in order),
        rows=tuple(rows),
    )
