"""The states of a delivery: claimed by one worker, finished or given back by it.

Each change is one conditional UPDATE whose row count says whether it was ours to make, so any number of workers and sweepers may run.
"""

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID, uuid4

from django.db import connections, transaction
from django.db.models import F

from errorkit.conf import get_config
from errorkit.delivery import attempts, states
from errorkit.delivery.backoff import next_attempt
from errorkit.delivery.channels.base import Outcome, Result
from errorkit.delivery.deadlocks import again_after_deadlock
from errorkit.delivery.fallback import PATIENT_ATTEMPTS, give_up, owe_fallback
from errorkit.models import ChannelState, Delivery
from errorkit.models.delivery import DeliveryQuerySet

logger = logging.getLogger("errorkit.delivery")

Status = Delivery.Status


@again_after_deadlock
def claim(pk: int, token: UUID, now: datetime) -> bool:
    """Take the delivery for this worker; False if another one has it, or it is not due."""
    return _take(_deliveries().due(now).filter(pk=pk), token, now) == 1


@again_after_deadlock
def claim_some(due: DeliveryQuerySet, *, limit: int, now: datetime) -> list[Delivery]:
    """Take the oldest of those that are due, `limit` at most; what other workers have taken meanwhile is left out.

    What has cost a worker already is taken alone: it may be what kills them, and whatever is taken with it waits for the lease to end.
    """
    token = uuid4()
    waiting = due.order_by("next_attempt_at", "pk").values_list("pk", "lost")
    with _without_waiting(waiting) as free:
        oldest = list(free[:limit])
        pks = [pk for pk, _ in takewhile(lambda row: not row[1], oldest)]
        pks = pks or [pk for pk, _ in oldest[:1]]
        taken = _take(due.filter(pk__in=pks), token, now) if pks else 0
    return list(held_by(token)) if taken else []


def held_by(token: UUID) -> DeliveryQuerySet:
    """Return what was claimed with this token and is still held, oldest first."""
    held = _deliveries().filter(status=Status.SENDING, lease_token=token)
    return held.select_related("incident").order_by("next_attempt_at", "pk")


@again_after_deadlock
def give_back(deliveries: Collection[Delivery]) -> None:
    """Let go of what was claimed and not tried."""
    if not deliveries:
        return
    tokens = {delivery.lease_token for delivery in deliveries}
    held = _deliveries().filter(
        pk__in=[delivery.pk for delivery in deliveries],
        status=Status.SENDING,
        lease_token__in=tokens,
    )
    held.update(
        status=Status.PENDING, attempts=F("attempts") - 1, lease_token=None, lease_until=None
    )


def _take(due: DeliveryQuerySet, token: UUID, now: datetime) -> int:
    return due.update(
        status=Status.SENDING,
        # Counted before the try, so that what kills its worker is counted, too.
        attempts=F("attempts") + 1,
        lease_token=token,
        lease_until=now + timedelta(seconds=get_config().lease_seconds),
    )


@contextmanager
def _without_waiting(rows: Any) -> Iterator[Any]:
    """Give the rows that no other worker is just taking, where the database can tell; the conditional UPDATE decides anyway."""
    database = rows.db
    # SQLite has one writer at a time, and refuses a transaction that reads first and writes then beside another one.
    if not connections[database].features.has_select_for_update_skip_locked:
        yield rows
        return
    with transaction.atomic(using=database):
        yield rows.select_for_update(skip_locked=True)


@again_after_deadlock
def finish(
    delivery: Delivery,
    outcome: Outcome,
    *,
    state: ChannelState,
    max_trim: int,
    started_at: datetime,
    now: datetime,
) -> bool:
    """Write down the try, what follows from it and how the channel did, in one transaction.

    False if the lease was lost meanwhile: then another worker decides, and only the try is kept, and that it has arrived where nobody else
    has begun yet.
    """
    database = get_config().database
    # The token says that it is being sent: it is taken off wherever a claim ends.
    held = _deliveries().filter(pk=delivery.pk, lease_token=delivery.lease_token)
    changes = _consequences(delivery, outcome, max_trim=max_trim, now=now)
    # What stays as it is need not be written.
    written = {name: value for name, value in changes.items() if value != getattr(delivery, name)}
    with transaction.atomic(using=database):
        won = held.update(lease_token=None, lease_until=None, **written) == 1
        # Somebody may have deleted the incident meanwhile, and the delivery with it.
        if won or _deliveries().filter(pk=delivery.pk).exists():
            attempts.log(delivery, outcome, started_at=started_at, now=now)
        if won:
            _tell_others(delivery, changes["status"], now)
        elif changes["status"] == Status.ACCEPTED:
            _accept_late(delivery, changes)
        states.note(state, outcome, seconds=(now - started_at).total_seconds(), now=now)
    if won and changes["status"] == Status.DEAD:
        logger.error("delivery %s is dead: %s", delivery.key, outcome.detail)
    return won


def _accept_late(delivery: Delivery, changes: dict[str, Any]) -> None:
    # `lost` says that it is still the same try: people may have asked for another one.
    waiting = _deliveries().filter(pk=delivery.pk, status=Status.PENDING)
    waiting.filter(lost=delivery.lost + 1).update(**changes)


def _tell_others(delivery: Delivery, status: Delivery.Status, now: datetime) -> None:
    """Let the fallback know of what is given up, or has failed for long."""
    if status == Status.DEAD:
        give_up(delivery, now)
    elif status == Status.PENDING and delivery.attempts >= PATIENT_ATTEMPTS:
        owe_fallback(delivery, now)


@again_after_deadlock
def cancel(delivery: Delivery, status: Delivery.Status, reason: str, now: datetime) -> None:
    """End a claimed delivery without a try; what expired is told elsewhere, as what `overdue` finds."""
    held = _deliveries().filter(pk=delivery.pk, lease_token=delivery.lease_token)
    free = {"lease_token": None, "lease_until": None, "attempts": F("attempts") - 1}
    with transaction.atomic(using=get_config().database):
        ended = held.update(**free, status=status, reason=reason[:255], finished_at=now)
        expired = ended and status == Status.EXPIRED
        if expired:
            give_up(delivery, now)
    if expired:
        logger.error("delivery %s expired before its channel accepted it", delivery.key)


def _consequences(
    delivery: Delivery, outcome: Outcome, *, max_trim: int, now: datetime
) -> dict[str, Any]:
    match outcome.result:
        case Result.ACCEPTED:
            upstream = {"upstream_id": outcome.upstream_id, "upstream_url": outcome.upstream_url}
            return _ended(Status.ACCEPTED, outcome.detail, now) | upstream | {"last_error": ""}
        case Result.SKIPPED:
            return _ended(Status.SKIPPED, outcome.detail, now)
        case Result.LIMITED:
            parked = now + timedelta(seconds=outcome.park_seconds)
            unspent = {"attempts": F("attempts") - 1, "rate_limit_hits": F("rate_limit_hits") + 1}
            return _again(parked, outcome.detail) | unspent
        case Result.TOO_LARGE if delivery.trim < max_trim:
            # Bounded by the trim levels, so it costs no attempt either.
            return _again(now, outcome.detail) | {
                "trim": F("trim") + 1,
                "attempts": F("attempts") - 1,
            }
        case Result.TEMPORARY if delivery.attempts < delivery.max_attempts:
            return _again(next_attempt(delivery.purpose, delivery.attempts, now), outcome.detail)
        case _:
            return _ended(Status.DEAD, outcome.detail, now) | {"last_error": outcome.detail}


def _again(at: datetime, detail: str) -> dict[str, Any]:
    return {"status": Status.PENDING, "next_attempt_at": at, "last_error": detail}


def _ended(status: Delivery.Status, detail: str, now: datetime) -> dict[str, Any]:
    return {"status": status, "reason": detail[:255], "finished_at": now}


def _deliveries() -> DeliveryQuerySet:
    return Delivery.objects.using(get_config().database)
