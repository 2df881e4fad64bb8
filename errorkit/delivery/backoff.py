"""When to try again, and when to give up: pure."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from errorkit.models import Delivery

MINUTE = 60
HOUR = 60 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a purpose is worth trying. `delays` are seconds after each failed attempt; the last one repeats."""

    delays: tuple[int, ...]
    max_attempts: int
    lifetime: timedelta


# Three tries come within the hour in which Sentry recognises a repeated event id. A week of hourly tries fits into the attempts, so that
# it is the age that ends them: Sentry dates older events anew.
FORWARD = Patience(
    delays=(30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR),
    max_attempts=200,
    lifetime=timedelta(days=7),
)
# An alert of an hour ago is no alert any more.
ALERT = Patience(
    delays=(15, MINUTE, 5 * MINUTE, 15 * MINUTE),
    max_attempts=8,
    lifetime=timedelta(hours=1),
)
TEST = Patience(delays=(15, MINUTE), max_attempts=3, lifetime=timedelta(hours=1))

PATIENCE: dict[str, Patience] = {
    Delivery.Purpose.FORWARD: FORWARD,
    Delivery.Purpose.ALERT: ALERT,
    Delivery.Purpose.FOLLOW_UP: ALERT,
    Delivery.Purpose.TEST: TEST,
    Delivery.Purpose.NOTICE: ALERT,
}

# A delivery whose worker died this often is taken to be what kills it.
MAX_LOST = 5


def next_attempt(purpose: str, attempts: int, now: datetime) -> datetime:
    """Return when to try again after `attempts` failed ones, 20 % sooner or later so that a backlog spreads out."""
    delays = PATIENCE[purpose].delays
    seconds = delays[min(max(attempts, 1), len(delays)) - 1]
    return now + timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311
