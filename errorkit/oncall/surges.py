"""Which incidents surge: more in this hour than in any hour of the last seven days."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Max

from errorkit.conf import get_config
from errorkit.models import HourlyCount
from errorkit.models.transitions import Change

# Below so many an hour, a new record means little.
FLOOR = 10
# What is younger has no ceiling yet: it is opening.
SETTLED = timedelta(days=1)
MEMORY = timedelta(days=7)


def usual_rates(incident_ids: Iterable[int], now: datetime) -> dict[int, int]:
    """Return the most that each was seen in one hour of the last seven days, the current one included; the floor at least."""
    ids = list(incident_ids)
    most = _highest(ids, now - MEMORY, now)
    return {pk: max(most.get(pk, 0), FLOOR) for pk in ids}


def _highest(incident_ids: Iterable[int], since: datetime, until: datetime) -> dict[int, int]:
    counts = HourlyCount.objects.using(get_config().database).filter(
        incident__in=incident_ids, hour__gte=since, hour__lte=until
    )
    return dict(counts.values_list("incident_id").annotate(Max("count")))


def surging(changes: Iterable[Change], now: datetime) -> list[Change]:
    """Return the changes whose incident is above its own ceiling in the hour of `now`."""
    settled = {
        change.incident.pk: change
        for change in changes
        if change.incident.first_seen <= now - SETTLED
    }
    hour = now.replace(minute=0, second=0, microsecond=0)
    counts = HourlyCount.objects.using(get_config().database).filter(incident__in=settled)
    busy = dict(counts.filter(hour=hour, count__gte=FLOOR).values_list("incident_id", "count"))
    if not busy:
        return []
    ceilings = _highest(busy, hour - MEMORY, hour - timedelta(hours=1))
    return [settled[pk] for pk, count in busy.items() if count > ceilings.get(pk, 0)]
