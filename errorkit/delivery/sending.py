"""Claim, send, record. No transaction is open while a channel talks to its network."""

import time
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import uuid4

from django.utils import timezone

from errorkit.conf import get_config
from errorkit.delivery import claims, overdue, states
from errorkit.delivery.contents import context_of, occurrences_of
from errorkit.delivery.recheck import Ending, prepare
from errorkit.delivery.trying import try_once
from errorkit.models import ChannelState, Delivery
from errorkit.models.delivery import DeliveryQuerySet

# So many are claimed at once: enough to make the claim cheap, few enough to be given back or lost without harm.
BATCH = 50
# No send begins later than this share of the lease, so that the last one ends within it.
STARTING = 0.5
ALL: frozenset[str] = frozenset(Delivery.Purpose.values)


def deliver(pk: int) -> None:
    """Send one delivery if it is due and nobody else is at it; an unknown one is no error."""
    alias = _deliveries().filter(pk=pk).values_list("channel", flat=True).first()
    if alias is None:
        return
    state = states.load([alias])[alias]
    now, token = timezone.now(), uuid4()
    if not states.is_parked(state, now) and claims.claim(pk, token, now):
        Batch(state, list(claims.held_by(token))).send(until=time.monotonic(), limit=1)


def send_due(*, limit: int = 5000, seconds: float = 10.0, purposes: Collection[str] = ALL) -> int:
    """Send what is due until the time or the limit is used up, fast channels first; return how many were tried.

    Each channel gets its share of the time, so that a slow one holds up nobody and a busy one starves nobody.
    """
    overdue.release_lost(timezone.now())
    overdue.expire(timezone.now())
    end = time.monotonic() + seconds
    tried, gave_way = 0, True
    while gave_way and tried < limit and time.monotonic() < end:
        sent, gave_way = _send_round(limit=limit - tried, end=end, purposes=purposes)
        tried += sent
    overdue.tell_late(timezone.now())
    return tried


def _send_round(*, limit: int, end: float, purposes: Collection[str]) -> tuple[int, bool]:
    """Return how many were tried, and whether a slow channel gave way to a fast one that waits."""
    waiting = _waiting_channels(purposes)
    tried, gave_way = 0, False
    for position, state in enumerate(waiting):
        left = end - time.monotonic()
        if left <= 0 or tried >= limit:
            break
        share = left / (len(waiting) - position)
        sent, breaks_off = _send_channel(
            state.alias, limit=limit - tried, seconds=share, purposes=purposes
        )
        tried += sent
        # The other slow ones have their turn all the same: fast ones may have work without an end.
        gave_way = gave_way or breaks_off
    return tried, gave_way


def _waiting_channels(purposes: Collection[str]) -> list[ChannelState]:
    """Return the channels that something may be sent to now, the fastest first."""
    now = timezone.now()
    due = _due(now, purposes).order_by().values_list("channel", flat=True).distinct()
    ready = [
        state
        for state in states.load(due).values()
        if not states.is_parked(state, now) and not _is_waited_for(state, now)
    ]
    return sorted(ready, key=lambda state: state.last_seconds)


def _is_waited_for(state: ChannelState, now: datetime) -> bool:
    """Return whether another worker waits there for an answer that did not come the last time: one that waits is enough."""
    if not (state.consecutive_failures and states.is_slow(state)):
        return False
    sending = _deliveries().filter(channel=state.alias, status=Delivery.Status.SENDING)
    return sending.filter(lease_until__gt=now).exists()


def _send_channel(
    alias: str, *, limit: int, seconds: float, purposes: Collection[str]
) -> tuple[int, bool]:
    """Send batch after batch until the time is over, or the channel is slow and gives way to a fast one that waits."""
    until = time.monotonic() + seconds
    tried = 0
    while tried < limit:
        state = states.load([alias])[alias]
        now = timezone.now()
        if states.is_parked(state, now):
            break
        due = _due(now, purposes).filter(channel=alias)
        size = min(_batch_size(state), limit - tried)
        batch = Batch(state, claims.claim_some(due, limit=size, now=now))
        if not batch.waiting:
            break
        tried += batch.send(until=until, limit=limit - tried)
        if batch.slow and _is_fast_one_waiting(alias, purposes):
            return tried, True
        if time.monotonic() >= until:
            break
    return tried, False


def _is_fast_one_waiting(alias: str, purposes: Collection[str]) -> bool:
    waiting = _waiting_channels(purposes)
    return any(not states.is_slow(state) for state in waiting if state.alias != alias)


def _batch_size(state: ChannelState) -> int:
    """Return how many can be sent while the claim lasts, if each takes as long as the last one did."""
    lasting = get_config().lease_seconds * STARTING
    return max(1, min(BATCH, int(lasting / max(state.last_seconds, 0.001))))


class Batch:
    """What one worker has claimed of one channel's deliveries. What it does not come to, it gives back."""

    def __init__(self, state: ChannelState, waiting: list[Delivery]) -> None:
        self.state = state
        self.waiting = waiting
        self.forwarded = occurrences_of(waiting)
        self.slow = False

    def send(self, *, until: float, limit: int) -> int:
        """Send one after the other while there is time; return how many were tried."""
        tried = 0
        try:
            while self.waiting and tried < limit and self._may_begin(until, first=not tried):
                # Taken out first: what fails in mid-send is not given back, its lease decides.
                tried += self._send_one(self.waiting.pop(0))
        finally:
            claims.give_back(self.waiting)
        return tried

    def _may_begin(self, until: float, *, first: bool) -> bool:
        """Return whether there is time for one more; the first one needs a claim that lasts, and no more."""
        now = timezone.now()
        if states.is_parked(self.state, now) or now >= _latest_beginning(self.waiting[0]):
            return False
        return first or (time.monotonic() < until and not self.slow)

    def _send_one(self, delivery: Delivery) -> bool:
        """Send one delivery; False if there was nothing to send any more."""
        started_at = timezone.now()
        prepared = prepare(delivery, started_at, self.forwarded)
        if isinstance(prepared, Ending):
            claims.cancel(delivery, prepared.status, prepared.reason, started_at)
            return False
        outcome, max_trim = try_once(
            delivery.channel, prepared.report, context_of(delivery, prepared.notice)
        )
        now = timezone.now()
        self.slow = now - started_at > timedelta(seconds=states.SLOW)
        claims.finish(
            delivery, outcome, state=self.state, max_trim=max_trim, started_at=started_at, now=now
        )
        return True


def _latest_beginning(delivery: Delivery) -> datetime:
    """Return when it is too late for a try to end before its claim does.

    By the clock that the claim is written by: a worker that was stopped for a while has to find out.
    """
    ends = delivery.lease_until or timezone.now()
    return ends - timedelta(seconds=get_config().lease_seconds * (1 - STARTING))


def _due(now: datetime, purposes: Collection[str]) -> DeliveryQuerySet:
    due = _deliveries().due(now)
    return due if purposes is ALL else due.filter(purpose__in=purposes)


def _deliveries() -> DeliveryQuerySet:
    return Delivery.objects.using(get_config().database)
