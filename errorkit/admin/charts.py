"""Counts over time: a table for the page, which its script draws, and a small drawing for each row of the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import is_naive
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from errorkit.incidents.history import Hours
from errorkit.models import Deploy
from errorkit.oncall.walltime import as_local

HOURS = 24
DAYS = 30
STEP = 4  # units of the drawing from one bar to the next
WIDTH = 3  # units of a bar
HEIGHT = 20  # units


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One line of the table: what it stands for, how many, and which releases were deployed in that time."""

    label: str
    count: int
    releases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A title, and points from the oldest to the newest."""

    title: str
    points: tuple[Point, ...]

    @property
    def total(self) -> int:
        """Return how many there were."""
        return sum(point.count for point in self.points)

    @property
    def shown_total(self) -> str:
        """Return the total as people read it."""
        return f"{self.total:,}"

    @property
    def label(self) -> str:
        """Return what is said to those who cannot see the drawing."""
        return _label(self.title, self.total)


def beginning(now: datetime) -> datetime:
    """Return since when counts are needed for both charts."""
    return start_of_day(now) - timedelta(days=DAYS - 1)


def start_of_day(moment: datetime) -> datetime:
    """Return midnight in the current time zone."""
    return as_local(moment).replace(hour=0, minute=0, second=0, microsecond=0)


def chart_hours(hours: Hours, now: datetime, *, deploys: Sequence[Deploy] = ()) -> Chart:
    """Return the last 24 hours, the current one included."""
    newest = now.replace(minute=0, second=0, microsecond=0)
    starts = [newest - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    points = [
        Point(
            label=date_format(as_local(start), "TIME_FORMAT"),
            count=hours.get(start, 0),
            releases=_deployed(deploys, start, start + timedelta(hours=1)),
        )
        for start in starts
    ]
    return Chart(title=_("Last 24 hours"), points=tuple(points))


def chart_days(hours: Hours, now: datetime, *, deploys: Sequence[Deploy] = ()) -> Chart:
    """Return the last 30 days in the current time zone, today included."""
    counts: dict[object, int] = {}
    for hour, count in hours.items():
        day = as_local(hour).date()
        counts[day] = counts.get(day, 0) + count
    today = as_local(now).date()
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    points = [
        Point(
            label=date_format(day, "MONTH_DAY_FORMAT"),
            count=counts.get(day, 0),
            releases=tuple(each.release for each in deploys if as_local(each.at).date() == day),
        )
        for day in days
    ]
    return Chart(title=_("Last 30 days"), points=tuple(points))


def _deployed(deploys: Sequence[Deploy], start: datetime, end: datetime) -> tuple[str, ...]:
    return tuple(each.release for each in deploys if start <= each.at < end)


def sparkline(hours: Hours, now: datetime) -> SafeString:
    """Return the last 24 hours as a small drawing for a list.

    Two paths and not a bar for each hour: a page has fifty of them, and half of its time went there.
    """
    newest = now.replace(minute=0, second=0, microsecond=0)
    counts = [hours.get(newest - timedelta(hours=back), 0) for back in range(HOURS - 1, -1, -1)]
    return _draw(_("Last 24 hours"), counts)


def sparkline_of_days(days: Hours, now: datetime) -> SafeString:
    """Return the last 30 days in UTC as a small drawing for a list."""
    first = first_day(now)
    counts = [days.get(first + timedelta(days=ahead), 0) for ahead in range(DAYS)]
    return _draw(_("Last 30 days"), counts)


def first_day(now: datetime) -> datetime:
    """Return when the first of the last 30 days in UTC began; on a site without time zones they are its own days."""
    today = now if is_naive(now) else now.astimezone(UTC)
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=DAYS - 1)


def _draw(title: str, counts: Sequence[int]) -> SafeString:
    highest = max(counts)
    bars, line = "", ""
    for place, count in enumerate(counts):
        height = _height(count, highest)
        step = f"M{place * STEP} {HEIGHT}v-{height}h{WIDTH}v{height}z"
        bars, line = (bars + step, line) if count else (bars, line + step)
    return format_html(
        '<svg class="ek-chart" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">'
        '<path class="ek-bar ek-none" d="{}"/><path class="ek-bar" d="{}"/></svg>',
        _label(title, sum(counts)),
        len(counts) * STEP,
        HEIGHT,
        line,
        bars,
    )


def _label(title: str, total: int) -> str:
    label = ngettext("%(title)s: seen once", "%(title)s: seen %(total)d times", total)
    return label % {"title": title, "total": total}


def _height(count: int, highest: int) -> int:
    """Return a height that can always be seen where there is a count; an empty place keeps a line to stand on."""
    return max(round(HEIGHT * count / highest), 2) if count else 1
