"""What failed since the newest deploys, and before them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

from django.db.models import Q, Sum

from errorkit.conf import get_config
from errorkit.incidents.deploys import newest_deploys
from errorkit.incidents.history import whole_hour
from errorkit.models import Deploy, HourlyTotal, Incident

HOUR = timedelta(hours=1)
MOST = 1_000
ENVIRONMENTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceDeploy:
    """Failures per hour in as many whole hours after a deploy as before it, 24 at most; None until one has passed."""

    deploy: Deploy
    hours: int
    before: float | None
    after: float | None
    opened: int


def compare_deploys(now: datetime) -> tuple[SinceDeploy, ...]:
    """Return the newest deploy of each environment, three at most, and how it went since."""
    return tuple(_compare(deploy, now) for deploy in _newest())


def _newest() -> Sequence[Deploy]:
    times = sorted(newest_deploys().items(), key=itemgetter(1), reverse=True)[:ENVIRONMENTS]
    if not times:
        return []
    wanted = [Q(environment=environment, at=at) for environment, at in times]
    rows = Deploy.objects.using(get_config().database).filter(Q(*wanted, _connector=Q.OR))
    return list({row.environment: row for row in rows.order_by("at", "id")}.values())[::-1]


def _compare(deploy: Deploy, now: datetime) -> SinceDeploy:
    """Compare whole hours; the one of the deploy itself belongs to neither side, nor does the current one."""
    at, current = whole_hour(deploy.at), whole_hour(now)
    hours = min(int((current - at) / HOUR) - 1, 24)
    opened = Incident.objects.using(get_config().database).filter(
        environment=deploy.environment, first_seen__gte=deploy.at
    )
    rates: tuple[float | None, float | None] = (None, None)
    if hours > 0:
        rates = _rates(deploy.environment, at, hours)
    return SinceDeploy(
        deploy=deploy,
        hours=max(hours, 0),
        before=rates[0],
        after=rates[1],
        opened=opened[:MOST].count(),
    )


def _rates(environment: str, at: datetime, hours: int) -> tuple[float, float]:
    span = timedelta(hours=hours)
    rows = HourlyTotal.objects.using(get_config().database).filter(
        environment=environment, hour__gte=at - span, hour__lte=at + span
    )
    sums = rows.aggregate(
        before=Sum("count", filter=Q(hour__lt=at)), after=Sum("count", filter=Q(hour__gt=at))
    )
    return (sums["before"] or 0) / hours, (sums["after"] or 0) / hours
