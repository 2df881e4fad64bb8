"""Snoozes that a batch has ended: seen so many more times, or more often than usual. Runs inside the digest's transaction and under its lock."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from errorkit.incidents.triage import AWAKE
from errorkit.models import Activity, HourlyCount, Incident
from errorkit.models.transitions import Transition
from errorkit.storage.counting import Counted


def wake_exceeded(counted: Sequence[Counted], alias: str, now: datetime) -> list[Counted]:
    """Return what was counted; where it has ended a snooze, the change says so and the incident is awake."""
    rates = _rates(counted, alias, now)
    return [_wake(each, rates, alias, now) for each in counted]


def _rates(counted: Sequence[Counted], alias: str, now: datetime) -> dict[int, int]:
    """Return how often those that wait for it were seen in this hour."""
    waiting = [
        change.incident.pk for change, _ in counted if change.incident.snoozed_rate is not None
    ]
    if not waiting:
        return {}
    hour = now.replace(minute=0, second=0, microsecond=0)
    counts = HourlyCount.objects.using(alias).filter(incident__in=waiting, hour=hour)
    return dict(counts.values_list("incident_id", "count"))


def _wake(each: Counted, rates: dict[int, int], alias: str, now: datetime) -> Counted:
    incident = each.change.incident
    reason = _reason(incident, rates.get(incident.pk, 0))
    if not reason:
        return each
    # Somebody may have decided something else a moment ago.
    snoozed = Incident.objects.using(alias).filter(
        pk=incident.pk, snoozed_until=incident.snoozed_until
    )
    if not snoozed.update(**AWAKE):
        return each
    for name, value in AWAKE.items():
        setattr(incident, name, value)
    Activity.objects.using(alias).create(
        incident=incident,
        kind=Activity.Kind.WOKE,
        at=now,
        text=reason,
        occurrence_id=each.group.last.id,
    )
    woken = each.change.transition is Transition.REPEATED
    return each._replace(change=replace(each.change, woken=woken))


def _reason(incident: Incident, rate: int) -> str:
    """Return why it wakes, an empty text if it rests on."""
    if incident.snoozed_until is None:
        return ""
    if incident.snoozed_count is not None and incident.times_seen >= incident.snoozed_count:
        return _("It has been seen %d times.") % incident.times_seen
    if incident.snoozed_rate is not None and rate > incident.snoozed_rate:
        return _("It was seen %d times in an hour.") % rate
    return ""
