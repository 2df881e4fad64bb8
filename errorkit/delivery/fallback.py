"""Somebody is told, also where the channel that should have told them does not work."""

from datetime import datetime

from errorkit.conf import get_config
from errorkit.delivery.channels import ONCALL, aliases, get_channel
from errorkit.delivery.channels.base import Channel
from errorkit.delivery.owing import make_delivery, owe
from errorkit.exceptions import InvalidChannelError
from errorkit.models import Alert, Delivery

# After so many failed tries, about six minutes, another channel tells of it as well; the first one goes on trying.
PATIENT_ATTEMPTS = 3
SUFFIX = ":fallback"
Purpose, Status = Delivery.Purpose, Delivery.Status


def give_up(delivery: Delivery, now: datetime) -> None:
    """Let another channel tell of what will not arrive, and the next step come at once; called where it dies or expires."""
    owe_fallback(delivery, now)
    for alert in _alerts_in(delivery):
        _hurry_next_step(alert, now)


def owe_fallback(delivery: Delivery, now: datetime) -> bool:
    """Owe the alert, or the digest, to another channel, once; False where there is none, or it is a fallback itself.

    What was to go to one person goes to all who read the other channel: better too many than nobody. It waits for the next round, so that
    the many alerts of a channel that is down leave in one digest.
    """
    if not _tells_of_incidents(delivery) or is_fallback(delivery):
        return False
    other = _other_than(delivery.channel)
    if other is None:
        return False
    fallback = _copy_for(other, delivery, now)
    owe([fallback])
    if delivery.purpose == Purpose.NOTICE:
        _hand_over(delivery, fallback.key)
    return True


def is_fallback(delivery: Delivery) -> bool:
    """Return whether it is owed because another channel did not deliver."""
    return delivery.key.endswith(SUFFIX)


def _copy_for(channel: Channel, delivery: Delivery, now: datetime) -> Delivery:
    copy = make_delivery(
        Purpose(delivery.purpose),
        channel.alias,
        key=f"{delivery.key[: 191 - len(SUFFIX)]}{SUFFIX}",
        now=now,
        incident=delivery.incident,
        transition=delivery.transition,
    )
    copy.occurrence_id = delivery.occurrence_id
    copy.generation = delivery.generation
    copy.cycle, copy.step = delivery.cycle, delivery.step
    copy.notice = delivery.notice
    if delivery.purpose == Purpose.ALERT and channel.reads_notices:
        copy.status = Status.HELD
    return copy


def _tells_of_incidents(delivery: Delivery) -> bool:
    return delivery.purpose == Purpose.ALERT or delivery.is_digest


def _hand_over(digest: Delivery, key: str) -> None:
    """Let the other digest carry what this one was to carry."""
    deliveries = Delivery.objects.using(get_config().database)
    if other := deliveries.filter(key=key).first():
        deliveries.filter(digest=digest).update(digest=other)


def _alerts_in(delivery: Delivery) -> list[Delivery]:
    if delivery.purpose == Purpose.ALERT:
        return [delivery]
    keys = [delivery.key, f"{delivery.key}{SUFFIX}"]
    bundled = Delivery.objects.using(get_config().database).filter(digest__key__in=keys)
    return list(bundled) if delivery.is_digest else []


def _hurry_next_step(delivery: Delivery, now: datetime) -> bool:
    """Make the step after this one's due, unless one of this step's deliveries has arrived or still may.

    Only within a round: what fails in the last step must not make the rounds follow each other without a pause.
    """
    if delivery.step is None or delivery.cycle is None:
        return False
    alias = get_config().database
    given_up = [Status.DEAD, Status.EXPIRED, Status.CANCELLED]
    opening = {"incident": delivery.incident_id, "generation": delivery.generation}
    others = (
        Delivery.objects.using(alias)
        .filter(**opening, cycle=delivery.cycle, step=delivery.step)
        .exclude(pk=delivery.pk)
        .exclude(status__in=given_up)
        .exclude(key__endswith=SUFFIX)
        .exclude(digest__status__in=given_up)
    )
    if others.exists():
        return False
    alert = Alert.objects.using(alias).running().filter(**opening, cycle=delivery.cycle)
    waiting = alert.filter(step=delivery.step + 1, next_step_at__gt=now)
    return waiting.update(next_step_at=now) == 1


def _other_than(alias: str) -> Channel | None:
    """Return the reserved channel, else any other that people read."""
    others = (_read_by_people(other) for other in (ONCALL, *aliases()) if other != alias)
    return next(filter(None, others), None)


def _read_by_people(alias: str) -> Channel | None:
    try:
        channel = get_channel(alias)
    except InvalidChannelError:
        return None
    return None if channel.forwards else channel
