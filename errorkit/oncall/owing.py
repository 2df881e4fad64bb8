"""From an alert and a destination to the delivery that is owed."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from errorkit.delivery.outbox import make_delivery
from errorkit.models import Alert, Delivery
from errorkit.oncall.destinations import Destination

KEY_LENGTH = 191


def key_of(*parts: object) -> str:
    """Return a delivery's key; what is too long for the column ends in a hash."""
    key = ":".join(str(part) for part in parts)
    if len(key) <= KEY_LENGTH:
        return key
    return f"{key[:150]}:{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def alert_deliveries(
    alert: Alert,
    destinations: Iterable[Destination],
    now: datetime,
    *,
    transition: str = "",
    stage: object = None,
) -> list[Delivery]:
    """Return one unsaved delivery for each destination; `stage` tells the step, or the news, apart in their keys."""
    stage = alert.step if stage is None else stage
    return [
        _delivery(alert, destination, now, transition or alert.transition, stage)
        for destination in destinations
    ]


def _delivery(
    alert: Alert, destination: Destination, now: datetime, transition: str, stage: object
) -> Delivery:
    who = f"{destination.user_id}.{destination.method}" if destination.user_id else ""
    key = key_of(
        "alert", alert.incident_id, alert.generation, alert.cycle, stage, destination.channel, who
    )
    delivery = make_delivery(
        Delivery.Purpose.ALERT,
        destination.channel,
        key=key,
        now=now + timedelta(minutes=destination.delay),
        incident=alert.incident,
        transition=transition,
    )
    delivery.created_at = now
    delivery.generation = alert.generation
    if stage == alert.step:
        delivery.cycle, delivery.step = alert.cycle, alert.step
    delivery.occurrence_id = alert.occurrence_id
    delivery.recipient_id = destination.user_id
    delivery.recipient_label = destination.label
    delivery.address = destination.address
    return delivery
