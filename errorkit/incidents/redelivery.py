"""People send again what did not arrive, or what the receiver has lost."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from errorkit.conf import get_config
from errorkit.delivery import outbox
from errorkit.incidents.triage import Actor
from errorkit.models import Activity, Delivery
from errorkit.models.delivery import DeliveryQuerySet

Status = Delivery.Status

UNDELIVERED = frozenset({Status.DEAD, Status.EXPIRED, Status.CANCELLED, Status.SKIPPED})


def redeliver(delivery_ids: Iterable[int], *, actor: Actor) -> int:
    """Make deliveries that ended without success due again; the next sweep sends them. Return how many.

    What has been accepted stays accepted.
    """
    rows = _chosen(delivery_ids).filter(status__in=UNDELIVERED)
    return sum(_redeliver(delivery, actor) for delivery in rows)


def replay(delivery_ids: Iterable[int], *, actor: Actor) -> int:
    """Send accepted forwards once more, under the same id; return how many. People are not alerted twice by hand."""
    rows = [row for row in _chosen(delivery_ids) if is_replayable(row)]
    return sum(_redeliver(delivery, actor) for delivery in rows)


def is_replayable(delivery: Delivery) -> bool:
    """Return whether it may be sent once more although it was accepted."""
    return delivery.status == Status.ACCEPTED and delivery.purpose == Delivery.Purpose.FORWARD


def _chosen(delivery_ids: Iterable[int]) -> DeliveryQuerySet:
    return Delivery.objects.using(get_config().database).filter(pk__in=list(delivery_ids))


def _redeliver(delivery: Delivery, actor: Actor) -> bool:
    alias = get_config().database
    with transaction.atomic(using=alias):
        if not outbox.retry(delivery):
            return False
        if delivery.incident_id is not None:
            Activity.objects.using(alias).create(
                incident_id=delivery.incident_id,
                kind=Activity.Kind.REDELIVERED,
                at=timezone.now(),
                actor_id=actor.user_id,
                actor_label=actor.label,
                text=delivery.channel,
                occurrence_id=delivery.occurrence_id,
            )
    return True
