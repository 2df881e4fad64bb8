"""What all workers know about a channel: parked, failing, slow."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from errorkit.conf import get_config
from errorkit.delivery.channels.base import Outcome, Result
from errorkit.models import ChannelState, Delivery

logger = logging.getLogger("errorkit.delivery")

# So many failures in a row park the channel; after that one failure is enough, until something is accepted.
BREAKER_FAILURES = 5
BREAKER_SECONDS = 60.0
# Upstream may not silence a channel for longer than this.
LONGEST_PARK = 3600.0
# A channel that accepts 200 a second is not noted 200 times.
NOTE_SECONDS = 5.0
# A try that takes longer, in seconds, keeps others waiting.
SLOW = 1.0


def load(aliases: Iterable[str]) -> dict[str, ChannelState]:
    """Return the state of each channel; one that has none yet gets it."""
    database = get_config().database
    wanted = set(aliases)
    found = ChannelState.objects.using(database).in_bulk(wanted)
    if missing := wanted - found.keys():
        created = [ChannelState(alias=alias) for alias in sorted(missing)]
        ChannelState.objects.using(database).bulk_create(created, ignore_conflicts=True)
        found |= {state.alias: state for state in created}
    return found


def is_parked(state: ChannelState, now: datetime) -> bool:
    """Return whether nothing may be sent there now."""
    return state.parked_until is not None and state.parked_until > now


def is_slow(state: ChannelState) -> bool:
    """Return whether the last try took long."""
    return state.last_seconds > SLOW


def note(state: ChannelState, outcome: Outcome, *, seconds: float, now: datetime) -> None:
    """Write down how a try went; called inside the transaction that finishes the delivery.

    `state` may be some seconds old; what this writes, it learns as well.
    """
    if outcome.result is Result.ACCEPTED:
        _note_accepted(state, seconds=seconds, now=now)
    if outcome.result in {Result.TEMPORARY, Result.PERMANENT}:
        _note_failed(state, outcome, seconds=seconds, now=now)
    if outcome.park_seconds > 0:
        _park(state, seconds=outcome.park_seconds, now=now, why=outcome.detail)


def _note_accepted(state: ChannelState, *, seconds: float, now: datetime) -> None:
    # Nearly always there is nothing to write, and a row that all workers write holds all of them up.
    if not _is_worth_noting(state, seconds, now):
        return
    news: dict[str, Any] = {
        "consecutive_failures": 0,
        "last_accepted_at": now,
        "last_seconds": seconds,
        "last_error": "",
    }
    if _row(state).filter(consecutive_failures__gte=BREAKER_FAILURES).update(**news):
        _hurry(state.alias, now)
    else:
        _row(state).update(**news)
    state.consecutive_failures, state.last_accepted_at = 0, now


def _is_worth_noting(state: ChannelState, seconds: float, now: datetime) -> bool:
    if state.consecutive_failures or state.last_accepted_at is None or seconds > SLOW:
        return True
    return now - state.last_accepted_at > timedelta(seconds=NOTE_SECONDS)


def _hurry(alias: str, now: datetime) -> None:
    """Make the backlog due: what it waited for, the channel's return, has happened."""
    # What has not been tried yet waits for its own time: a person's second way, for example.
    tried = Q(attempts__gt=0) | Q(rate_limit_hits__gt=0)
    waiting = Delivery.objects.using(get_config().database).filter(
        tried, channel=alias, status=Delivery.Status.PENDING, next_attempt_at__gt=now
    )
    waiting.update(next_attempt_at=now)


def _note_failed(state: ChannelState, outcome: Outcome, *, seconds: float, now: datetime) -> None:
    _row(state).update(
        consecutive_failures=F("consecutive_failures") + 1,
        last_error=outcome.detail,
        last_seconds=seconds,
    )
    state.consecutive_failures += 1
    if _row(state).filter(consecutive_failures__gte=BREAKER_FAILURES).exists():
        _park(state, seconds=BREAKER_SECONDS, now=now, why=outcome.detail)


def _park(state: ChannelState, *, seconds: float, now: datetime, why: str) -> None:
    until = now + timedelta(seconds=min(seconds, LONGEST_PARK))
    shorter = Q(parked_until=None) | Q(parked_until__lt=until)
    if _row(state).filter(shorter).update(parked_until=until):
        pause = (until - now).total_seconds()
        logger.warning("channel %s rests for %.0f s: %s", state.alias, pause, why or "it asks so")
    state.parked_until = until


def _row(state: ChannelState) -> QuerySet[ChannelState]:
    return ChannelState.objects.using(get_config().database).filter(alias=state.alias)
