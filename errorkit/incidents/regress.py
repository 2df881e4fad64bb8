"""What new occurrences do to an incident that people have resolved.

Time is that of the failure, not that of its arrival: what waited in a spool since before the incident was resolved does not open it again.

| resolved | the occurrence's release | opens it again |
|---|---|---|
| now | any | yes |
| in a release, or in the next one | that release, or a newer one | yes |
| | an older one | only once the grace is over, and only if no mended release is in operation by then |
| | none, or one that cannot be placed | only once the grace is over |

The grace of RELEASE_GRACE_DAYS begins when the incident is resolved. So an older release that still runs somewhere reopens nothing, and a release that
never comes mutes nothing for ever.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Min

from errorkit.conf import get_config
from errorkit.incidents.releases import Order
from errorkit.models import Deploy, Incident
from errorkit.models.transitions import Transition

Resolution = Incident.Resolution


def transition_of(incident: Incident, newest: Mapping[str, datetime]) -> Transition:
    """Return what occurrences do to a known incident; `newest` tells, by release, when the latest of them happened.

    Ignored incidents only count.
    """
    resolved_at = incident.resolved_at
    if incident.status != Incident.Status.RESOLVED or resolved_at is None:
        return Transition.REPEATED
    later = {release: at for release, at in newest.items() if at > resolved_at}
    if not later:
        return Transition.REPEATED
    if incident.resolution == Resolution.NOW:
        return Transition.REGRESSED
    order = order_of(incident.environment, {incident.resolved_release, *later})
    broken = any(_is_broken(incident, release, at, order) for release, at in later.items())
    return Transition.REGRESSED if broken else Transition.REPEATED


def _is_broken(incident: Incident, release: str, at: datetime, order: Order) -> bool:
    """Return whether a failure of this release, after the incident was resolved, breaks the promise."""
    mended = is_mended_in(incident, release, order)
    if mended:
        return True
    grace = timedelta(days=get_config().release_grace_days)
    if incident.resolved_at is None or at <= incident.resolved_at + grace:
        return False
    return mended is None or not is_mended_in(incident, order.current, order)


def is_mended_in(incident: Incident, release: str, order: Order) -> bool | None:
    """Return whether the incident should not happen in the release any more; None where nothing tells."""
    if incident.resolution == Resolution.NEXT:
        newer = order.is_older(incident.resolved_release, release)
        return _came_later(incident, release, order) if newer is None else newer
    older = order.is_older(release, incident.resolved_release)
    return None if older is None else not older


def _came_later(incident: Incident, release: str, order: Order) -> bool | None:
    """Return whether the release was first deployed after the incident was resolved; None where that is not known."""
    first = order.deployed.get(release)
    if first is None or incident.resolved_at is None:
        return None
    return first > incident.resolved_at


def order_of(environment: str, releases: Iterable[str]) -> Order:
    """Return what is known of the releases and of the one in operation, in two queries."""
    deploys = Deploy.objects.using(get_config().database).filter(environment=environment)
    current = deploys.order_by("-at", "-id").values_list("release", flat=True).first()
    if current is None:
        current = _own_release(environment)
    wanted = {release for release in releases if release} | {current}
    # A release that was deployed again, because a newer one had to be taken back, is still the older one.
    first = deploys.filter(release__in=wanted).values("release").annotate(first=Min("at"))
    return Order(deployed={row["release"]: row["first"] for row in first}, current=current)


def newest_release(incident: Incident) -> str:
    """Return the newest release of the incident's environment that is known: that in operation, or the one it was seen in last."""
    order = order_of(incident.environment, [incident.last_release])
    if order.is_older(order.current, incident.last_release):
        return incident.last_release
    return order.current or incident.last_release


def _own_release(environment: str) -> str:
    config = get_config()
    return (config.release or "") if config.environment == environment else ""
