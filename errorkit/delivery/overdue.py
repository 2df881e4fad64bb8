"""What nobody finished: taken back from workers that did not return, and ended once it is too old."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Concat

from errorkit.conf import get_config
from errorkit.delivery import attempts
from errorkit.delivery.backoff import MAX_LOST
from errorkit.delivery.fallback import SUFFIX, give_up, owe_fallback
from errorkit.models import ChannelState, Delivery

logger = logging.getLogger("errorkit.delivery")

Status = Delivery.Status
DETAIL = "the worker did not return"
BATCH = 500
# So long an alert waits for a channel that fails or rests, as long as its first three tries take, before another one tells of it as well.
PATIENCE = timedelta(minutes=6)
TELLING = frozenset({Delivery.Purpose.ALERT, Delivery.Purpose.NOTICE})


def release_lost(now: datetime) -> int:
    """Take deliveries back from workers that did not return; return how many."""
    lost = Delivery.objects.using(get_config().database).filter(
        status=Status.SENDING, lease_until__lt=now
    )
    return sum(_release(delivery, now) for delivery in lost[:BATCH])


def _release(delivery: Delivery, now: datetime) -> bool:
    database = get_config().database
    held = Delivery.objects.using(database).filter(
        pk=delivery.pk, status=Status.SENDING, lease_token=delivery.lease_token
    )
    spent = delivery.attempts >= delivery.max_attempts or delivery.lost + 1 >= MAX_LOST
    ended = {"status": Status.DEAD, "reason": DETAIL, "finished_at": now}
    again = {"status": Status.PENDING, "next_attempt_at": now}
    free = {"lease_token": None, "lease_until": None, "lost": F("lost") + 1, "last_error": DETAIL}
    with transaction.atomic(using=database):
        if held.update(**free, **(ended if spent else again)) == 0:
            return False
        started = (delivery.lease_until or now) - timedelta(seconds=get_config().lease_seconds)
        attempts.log_lost(delivery, started_at=started, now=now, detail=DETAIL)
        if spent:
            give_up(delivery, now)
    if spent:
        logger.error("delivery %s is dead: %s", delivery.key, DETAIL)
    return True


def expire(now: datetime) -> int:
    """End what is too old to be of use; return how many."""
    database = get_config().database
    deliveries = Delivery.objects.using(database)
    # What is held has nobody else to end it, where nobody swept for long.
    old = deliveries.filter(status__in=[Status.HELD, Status.PENDING], expires_at__lte=now)
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
    if not ids:
        return 0
    with transaction.atomic(using=database):
        mine = old.filter(pk__in=ids)
        expired = mine.update(status=Status.EXPIRED, reason="too old", finished_at=now)
        gone = deliveries.filter(pk__in=ids, status=Status.EXPIRED, finished_at=now)
        for delivery in gone.filter(purpose__in=TELLING).select_related("incident"):
            give_up(delivery, now)
    if expired:
        logger.error("%d deliveries expired before their channel accepted them", expired)
    return expired


def tell_late(now: datetime) -> int:
    """Let another channel tell of alerts whose own one fails or rests, tried or not; return how many were late."""
    database = get_config().database
    ailing = Q(consecutive_failures__gt=0) | Q(parked_until__gt=now)
    channels = list(
        ChannelState.objects.using(database).filter(ailing).values_list("pk", flat=True)
    )
    if not channels:
        return 0
    deliveries = Delivery.objects.using(database)
    told = deliveries.filter(key=Concat(OuterRef("key"), Value(SUFFIX)))
    tried = Q(attempts__gt=0) | Q(rate_limit_hits__gt=0)
    # What was not tried yet may have been meant for later: a person's second way, for example.
    late = Q(tried, created_at__lt=now - PATIENCE) | Q(next_attempt_at__lt=now - PATIENCE)
    waiting = deliveries.filter(late, status=Status.PENDING, channel__in=channels)
    alerts = waiting.filter(purpose__in=TELLING).exclude(Exists(told) | Q(key__endswith=SUFFIX))
    alerts = alerts.select_related("incident")
    return sum(owe_fallback(delivery, now) for delivery in alerts.order_by("pk")[:BATCH])
