"""Held alerts leave together: at once where a few came together, every five minutes in a storm. Time drives them, not the next alert."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from errorkit.conf import get_config
from errorkit.delivery.outbox import make_delivery
from errorkit.models import Delivery
from errorkit.oncall.storms import Mailbox, Storms, conditions_of, lately

# What a storm's first digest waits for more.
GATHER = timedelta(seconds=30)
LARGEST = 1_000

Status = Delivery.Status


def send_held(now: datetime) -> int:
    """Make the digests that are due; return how many."""
    # What has waited until it was too old is ended as all else that is: see `delivery.overdue`.
    held = Delivery.objects.using(get_config().database).filter(
        status=Status.HELD, next_attempt_at__lte=now, expires_at__gt=now
    )
    mailboxes = held.order_by().values_list("channel", "recipient_id", "address").distinct()
    storms = Storms(now)
    return sum(_release(mailbox, held, storms, now) for mailbox in list(mailboxes))


def _release(mailbox: Mailbox, held: QuerySet[Delivery], storms: Storms, now: datetime) -> bool:
    storm = storms.rages(mailbox)
    mine = list(held.filter(**conditions_of(mailbox)).order_by("pk")[:LARGEST])
    if not mine:
        return False
    if storm and (mine[0].next_attempt_at > now - GATHER or _had_one_lately(mailbox, now)):
        return False
    if len(mine) == 1 and not storm:
        return _let_go(mine[0], now)
    return _bundle(mine, now, storm=storm)


def _had_one_lately(mailbox: Mailbox, now: datetime) -> bool:
    digests = Delivery.objects.using(get_config().database).filter(key__startswith="digest:")
    return digests.filter(lately(now), **conditions_of(mailbox)).exists()


def _let_go(delivery: Delivery, now: datetime) -> bool:
    held = Delivery.objects.using(get_config().database).filter(pk=delivery.pk, status=Status.HELD)
    return held.update(status=Status.PENDING, next_attempt_at=now) == 1


def _bundle(held: Sequence[Delivery], now: datetime, *, storm: bool) -> bool:
    """Owe one digest for all, in one transaction; False if another sweep was first."""
    alias = get_config().database
    digest = _digest_of(held, now, storm=storm)
    mine = Delivery.objects.using(alias).filter(
        pk__in=[each.pk for each in held], status=Status.HELD
    )
    try:
        with transaction.atomic(using=alias):
            digest.save(using=alias, force_insert=True)
            taken = mine.update(
                status=Status.SKIPPED, reason="sent in a digest", digest=digest, finished_at=now
            )
            transaction.set_rollback(not taken, using=alias)
    except IntegrityError:
        # The other one has made it of the very same alerts.
        return False
    return taken > 0


def _digest_of(held: Sequence[Delivery], now: datetime, *, storm: bool) -> Delivery:
    first, last = held[0], held[-1]
    key = f"digest:{first.pk}:{last.pk}"
    digest = make_delivery(Delivery.Purpose.NOTICE, first.channel, key=key, now=now)
    digest.recipient_id = first.recipient_id
    digest.recipient_label = first.recipient_label
    digest.address = first.address
    digest.notice = {"storm": storm}
    return digest
