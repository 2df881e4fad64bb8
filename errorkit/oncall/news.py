"""What those who were alerted hear afterwards, in the same thread: progress, and that it is quiet again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from errorkit.conf import get_config
from errorkit.delivery.outbox import owe
from errorkit.models import Alert, Delivery, Incident
from errorkit.models.alert import AlertQuerySet
from errorkit.models.transitions import Change, Transition
from errorkit.oncall.destinations import Destination
from errorkit.oncall.owing import alert_deliveries
from errorkit.oncall.storms import Storms

PROGRESS_INTERVAL = timedelta(minutes=5)
QUIET_AFTER = timedelta(hours=6)
BATCH = 200


def owe_progress(changes: Sequence[Change], now: datetime) -> int:
    """Owe word of incidents that go on, each time they have been seen twice as often; wake those that had gone quiet."""
    incidents = {change.incident.pk: change.incident for change in changes}
    if not incidents:
        return 0
    alerts = Alert.objects.using(get_config().database).filter(incident__in=incidents)
    alerts.filter(status=Alert.Status.QUIET).start_over(now, transition=Transition.REPEATED)
    told = alerts.running().exclude(policy="").filter(told_at__lte=now - PROGRESS_INTERVAL)
    progressing = [
        alert
        for alert in told
        if is_progress(alert.told_count, incidents[alert.incident_id].times_seen)
    ]
    return _owe_news(progressing, incidents, Transition.REPEATED, now)


def is_progress(told: int, seen: int) -> bool:
    """Return whether people hear of the incident again now that it has been seen so often."""
    return seen >= next_told(told)


def next_told(told: int) -> int:
    """Return the count at which people hear of it again: the next power of two."""
    return 1 << told.bit_length()


def send_quiet(now: datetime) -> int:
    """Say that it is quiet again where nothing has happened for six hours, and stop repeating; return how many are owed."""
    quiet = _quiet(now).select_related("incident")
    return sum(_close_quietly(alert, now) for alert in quiet[:BATCH])


def _quiet(now: datetime) -> AlertQuerySet:
    return (
        Alert.objects.using(get_config().database)
        .running()
        .exclude(policy="")
        .filter(told_at__isnull=False, incident__last_seen__lte=now - QUIET_AFTER)
        .filter(incident__status=Incident.Status.OPEN)
    )


def _close_quietly(alert: Alert, now: datetime) -> int:
    alias = get_config().database
    # It may have happened again since it was read.
    running = _quiet(now).filter(pk=alert.pk, cycle=alert.cycle)
    with transaction.atomic(using=alias):
        if not running.update(status=Alert.Status.QUIET, next_step_at=None):
            return 0
        return _owe_news([alert], {alert.incident_id: alert.incident}, Transition.QUIET, now)


def _owe_news(
    alerts: Iterable[Alert], incidents: dict[int, Incident], transition: Transition, now: datetime
) -> int:
    alerts = list(alerts)
    if not alerts:
        return 0
    told, deliveries = _told(alerts), []
    for alert in alerts:
        alert.incident = incidents[alert.incident_id]
        seen = alert.incident.times_seen
        alert.told_at, alert.told_count = now, seen
        deliveries += alert_deliveries(
            alert,
            told[alert.incident_id, alert.generation],
            now,
            transition=transition,
            stage=f"{transition.value}{seen}",
        )
    Alert.objects.using(get_config().database).bulk_update(alerts, ["told_at", "told_count"])
    Storms(now).hold(deliveries)
    return owe(deliveries)


def _told(alerts: Sequence[Alert]) -> dict[tuple[int, int], list[Destination]]:
    """Return who has been told of each opening of an incident, by its key and generation."""
    arrived = Q(status=Delivery.Status.ACCEPTED) | Q(digest__status=Delivery.Status.ACCEPTED)
    rows = (
        Delivery.objects.using(get_config().database)
        .filter(arrived, purpose=Delivery.Purpose.ALERT)
        .filter(incident__in=[alert.incident_id for alert in alerts])
        .values_list(
            "incident_id", "generation", "channel", "recipient_id", "recipient_label", "address"
        )
        .order_by("pk")
    )
    found: dict[tuple[int, int], list[Destination]] = defaultdict(list)
    for incident_id, generation, channel, user_id, label, address in dict.fromkeys(rows):
        mine = found[incident_id, generation]
        # Counted, so that two addresses of one person get two keys.
        destination = Destination(
            channel=channel, user_id=user_id, label=label, address=address, method=len(mine)
        )
        mine.append(destination)
    return found
