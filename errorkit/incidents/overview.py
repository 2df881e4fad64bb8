"""Where a site stands: what failed when, what is new, what came back, how fast people were."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connections
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import TruncDay
from django.utils import timezone

from errorkit.conf import get_config
from errorkit.incidents.history import whole_hour
from errorkit.incidents.pace import Pace, measure_pace
from errorkit.incidents.rates import count_requests
from errorkit.incidents.since_deploy import SinceDeploy, compare_deploys
from errorkit.models import Activity, HourlyCount, HourlyTotal, Incident
from errorkit.models.incident import IncidentQuerySet

TOP = 10
CANDIDATES = 100  # for these ten
MOST = 1_000
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class Total(NamedTuple):
    """How many failures an hour, or a day, had in one environment with one HTTP status, 0 where there was no request."""

    start: datetime
    environment: str
    status_code: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """An incident and how often it was seen in the last 24 hours."""

    incident: Incident
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """An incident that came back, and when it did last."""

    incident: Incident
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The state of the site at one moment. `opened` and `regressed` are of the last 24 hours, newest first.

    `starts` are the beginnings of the 24 hours, or of the days, that the totals are of, the oldest first. `requests` is how many the host says
    that it served in that time, None where it does not count them.
    """

    now: datetime
    starts: tuple[datetime, ...]
    totals: tuple[Total, ...]
    top: tuple[Top, ...]
    opened: tuple[Incident, ...]
    regressed: tuple[Returned, ...]
    deploys: tuple[SinceDeploy, ...]
    pace: Pace
    unresolved: int
    requests: int | None

    @property
    def failures(self) -> int:
        """Return how many failures the totals count."""
        return sum(total.times for total in self.totals)

    @property
    def error_rate(self) -> float | None:
        """Return the share of this environment's requests that failed; None where nobody counts requests, or there were none."""
        if not self.requests:
            return None
        mine = get_config().environment
        failed = [it.times for it in self.totals if it.environment == mine and it.status_code]
        return min(sum(failed) / self.requests, 1.0)


def look_over(*, now: datetime, days: int = 1) -> Overview:
    """Return where the site stands, with totals of each of the last 24 hours, or of each of the last `days` days.

    The number of queries does not grow with what is stored.
    """
    starts = _starts(now, days)
    return Overview(
        now=now,
        starts=starts,
        totals=_totals(now, days),
        top=top_incidents(whole_hour(now) - DAY + HOUR),
        opened=tuple(_incidents().filter(first_seen__gte=now - DAY).order_by("-first_seen")[:TOP]),
        regressed=_regressed(now - DAY),
        deploys=compare_deploys(now),
        pace=measure_pace(now),
        unresolved=_incidents().unresolved()[:MOST].count(),
        requests=count_requests(starts[0], now),
    )


def top_incidents(since: datetime) -> tuple[Top, ...]:
    """Return the incidents that were seen most often since then, which is 24 hours ago at most.

    Nearly all of them were seen once. Adding those up takes three quarters of the time, and each such hour adds one to a sum, so that it is left
    out where 24 of them could not bring anybody in.
    """
    counts = HourlyCount.objects.using(get_config().database).filter(hour__gte=since)
    loud = list(_most(counts.filter(count__gt=1))[:CANDIDATES])
    other = loud[-1][1] if len(loud) == CANDIDATES else 0
    if len(loud) >= TOP and loud[TOP - 1][1] > other + DAY // HOUR:
        counts = counts.filter(incident__in=[pk for pk, _ in loud])
    seen = dict(_most(counts)[:TOP])
    found = _incidents().in_bulk(seen)
    return tuple(Top(incident=found[pk], count=count) for pk, count in seen.items() if pk in found)


def _incidents() -> IncidentQuerySet:
    return Incident.objects.using(get_config().database)


def _starts(now: datetime, days: int) -> tuple[datetime, ...]:
    if days == 1:
        return tuple(whole_hour(now) - hours * HOUR for hours in range(23, -1, -1))
    zone = _zone()
    today = now.astimezone(zone).date() if zone else now.date()
    dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    return tuple(datetime.combine(day, time(), zone) for day in dates)


def _zone() -> tzinfo | None:
    """Return the zone whose days are counted, None on a site without any: MySQL knows only UTC until its tables of zones are filled."""
    if not settings.USE_TZ:
        return None
    knows = connections[get_config().database].features.has_zoneinfo_database
    return timezone.get_current_timezone() if knows else UTC


def _totals(now: datetime, days: int) -> tuple[Total, ...]:
    rows = HourlyTotal.objects.using(get_config().database).filter(hour__gte=_starts(now, days)[0])
    start: Any = F("hour") if days == 1 else TruncDay("hour", tzinfo=_zone())
    grouped = rows.annotate(start=start).values_list("start", "environment", "status_code")
    sums = grouped.annotate(sum=Sum("count")).order_by("start", "environment", "status_code")
    return tuple(Total(*row) for row in sums)


def _most(counts: QuerySet[HourlyCount]) -> QuerySet[HourlyCount, tuple[int, int]]:
    sums = counts.values_list("incident").annotate(seen=Sum("count"))
    return sums.order_by("-seen", "incident")


def _regressed(since: datetime) -> tuple[Returned, ...]:
    rows = Activity.objects.using(get_config().database).filter(
        kind=Activity.Kind.REGRESSED, at__gte=since
    )
    newest = rows.select_related("incident").order_by("-at", "-id")[: TOP * 3]
    once: dict[int, Returned] = {}
    for row in newest:
        if row.incident:
            once.setdefault(row.incident.pk, Returned(incident=row.incident, at=row.at))
    return tuple(once.values())[:TOP]
