"""Alerts follow what people did: resolved, acknowledged, silenced; and what they did ends."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from errorkit.conf import get_config
from errorkit.models import Activity, Alert, Incident, Silence
from errorkit.models.alert import AlertQuerySet
from errorkit.models.transitions import LAPSED
from errorkit.oncall.plans import Plan

BATCH = 500
CHUNK = 1_000


def close_outdated(now: datetime) -> int:
    """Close alerts whose incident is resolved or ignored, or has opened again since."""
    return _alerts().outdated().update(status=Alert.Status.CLOSED, next_step_at=None, closed_at=now)


def go_on(incident: Incident, now: datetime) -> int:
    """Let the alert of an incident start over that was closed while the incident was a part of another one."""
    mine = _alerts().filter(incident=incident, generation=incident.generation)
    return mine.filter(status=Alert.Status.CLOSED).start_over(now, closed_at=None)


def note_acknowledged() -> int:
    """Let alerts rest whose incident has been acknowledged, by link, in the admin or by the API."""
    acknowledged = _alerts().newly_acknowledged().select_related("incident")[:BATCH]
    return sum(_rest(alert) for alert in acknowledged)


def end_acknowledgements(now: datetime) -> int:
    """Open incidents again whose acknowledgement does not hold any more; their alerts start over."""
    return sum(_wake(alert, now) for alert in _alerts().lapsed(now)[:BATCH])


def lift_silences(now: datetime) -> int:
    """Start alerts over that a silence has covered, once it has ended; return how many."""
    ended = Silence.objects.using(get_config().database).just_ended(now)
    return sum(_lift(silence, now) for silence in ended[:BATCH])


def _rest(alert: Alert) -> bool:
    minutes = _minutes_of(alert)
    since = alert.incident.acknowledged_at
    until = since + timedelta(minutes=minutes) if since and minutes else None
    resting = _alerts().newly_acknowledged().filter(pk=alert.pk)
    return (
        resting.update(
            status=Alert.Status.ACKNOWLEDGED, acknowledged_until=until, next_step_at=None
        )
        == 1
    )


def _minutes_of(alert: Alert) -> int:
    """Return how long an acknowledgement holds; for ever where the plan cannot be read, which must not stop the others."""
    try:
        return Plan.from_json(alert.plan).acknowledge_minutes
    except (TypeError, ValueError, AttributeError):
        return 0


def _wake(alert: Alert, now: datetime) -> bool:
    alias = get_config().database
    acknowledged = Incident.objects.using(alias).filter(
        pk=alert.incident_id,
        generation=alert.generation,
        status=Incident.Status.ACKNOWLEDGED,
    )
    resting = _alerts().filter(pk=alert.pk, status=Alert.Status.ACKNOWLEDGED)
    with transaction.atomic(using=alias):
        if not resting.start_over(now, transition=LAPSED):
            return False
        if acknowledged.update(status=Incident.Status.OPEN, acknowledged_at=None):
            Activity.objects.using(alias).create(
                incident_id=alert.incident_id,
                kind=Activity.Kind.REOPENED,
                at=now,
                text=_("The acknowledgement has expired."),
            )
    return True


def _lift(silence: Silence, now: datetime) -> int:
    alias = get_config().database
    mine = Silence.objects.using(alias).filter(pk=silence.pk, lifted_at=None)
    with transaction.atomic(using=alias):
        if not mine.update(lifted_at=now):
            return 0
        covered = [
            alert.pk
            for alert in _alerts().running().select_related("incident").iterator(CHUNK)
            if silence.covers(alert.incident, alert.path)
        ]
        return sum(
            _alerts().running().filter(pk__in=covered[start : start + CHUNK]).start_over(now)
            for start in range(0, len(covered), CHUNK)
        )


def _alerts() -> AlertQuerySet:
    return Alert.objects.using(get_config().database)
