"""How often incidents were seen, hour by hour."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from django.db.models import F, Sum
from django.db.models.functions import TruncDay

from errorkit.conf import get_config
from errorkit.models import HourlyCount, Incident

Hours = Mapping[datetime, int]


def whole_hour(moment: datetime) -> datetime:
    """Return the beginning of the hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def days_of(incident_ids: Iterable[int], *, since: datetime) -> dict[int, Hours]:
    """Return, by incident, the count of each day since then, by the beginning of the day in UTC, or in the site's own time where it has no zones. One query."""
    rows = HourlyCount.objects.using(get_config().database).filter(
        incident_id__in=list(incident_ids), hour__gte=since
    )
    # The database's own time zone: no server lacks its tables.
    days = rows.annotate(day=TruncDay("hour", tzinfo=UTC)).values_list("incident_id", "day")
    found: dict[int, dict[datetime, int]] = defaultdict(dict)
    for incident_id, day, count in days.annotate(seen=Sum("count")):
        found[incident_id][day] = count
    return dict(found)


def hours_of(incident_ids: Iterable[int], *, since: datetime) -> dict[int, Hours]:
    """Return, by incident, the count of each hour since then in which there was one. One query."""
    rows = HourlyCount.objects.using(get_config().database).filter(
        incident_id__in=list(incident_ids), hour__gte=since
    )
    found: dict[int, dict[datetime, int]] = defaultdict(dict)
    for incident_id, hour, count in rows.values_list("incident_id", "hour", "count"):
        found[incident_id][hour] = count
    return dict(found)


def add_hours(incident: Incident, hours: dict[datetime, int], alias: str) -> None:
    """Add to the hourly counts, or subtract; hours that change by the same amount change in one statement."""
    counts = HourlyCount.objects.using(alias)
    known = set(counts.filter(incident=incident).values_list("hour", flat=True))
    counts.bulk_create(
        HourlyCount(incident=incident, hour=hour, count=count)
        for hour, count in hours.items()
        if hour not in known and count > 0
    )
    growth: defaultdict[int, list[datetime]] = defaultdict(list)
    for hour in known & hours.keys():
        growth[hours[hour]].append(hour)
    for count, grown in growth.items():
        rows = counts.filter(incident=incident, hour__in=grown)
        # Retention may have taken an hour meanwhile; a count never falls below zero.
        rows.filter(count__gte=-count).update(count=F("count") + count)
