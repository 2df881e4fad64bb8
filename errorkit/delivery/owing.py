"""Promise something to a channel: the row that is written with what it is about."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from errorkit.conf import get_config
from errorkit.delivery.backoff import PATIENCE
from errorkit.models import Delivery, Incident, Occurrence


def owe(deliveries: Sequence[Delivery]) -> int:
    """Store deliveries that are due at once; owing the same key again changes nothing."""
    if settings.DEBUG and not get_config().deliver_in_debug:
        for delivery in deliveries:
            _skip(delivery, "DEBUG is on and DELIVER_IN_DEBUG is not")
    Delivery.objects.using(get_config().database).bulk_create(deliveries, ignore_conflicts=True)
    return len(deliveries)


def make_delivery(
    purpose: Delivery.Purpose,
    alias: str,
    *,
    key: str,
    now: datetime,
    incident: Incident | None = None,
    occurrence: Occurrence | None = None,
    transition: str = "",
    light_before: int = 0,
) -> Delivery:
    """Return an unsaved delivery with the patience of its purpose."""
    patience = PATIENCE[purpose]
    return Delivery(
        key=key,
        channel=alias,
        purpose=purpose,
        incident=incident,
        occurrence_id=occurrence.pk if occurrence else None,
        transition=transition,
        generation=incident.generation if incident else 1,
        light_before=light_before,
        max_attempts=patience.max_attempts,
        next_attempt_at=now,
        expires_at=now + patience.lifetime,
        created_at=now,
    )


def _skip(delivery: Delivery, reason: str) -> None:
    delivery.status = Delivery.Status.SKIPPED
    delivery.reason = reason
    delivery.finished_at = delivery.created_at
