"""How much of a failure is kept in a storm; decided before anything of it is built."""

import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum

from errorkit.conf import Limits

MOST_BUCKETS = 2_000
FULL_EVERY = (
    60.0  # seconds: while a storm lasts, one failure of each fingerprint is kept in full this often
)
MINUTE = 60.0
HOUR = 3600.0


class Size(Enum):
    """How much of a failure is kept."""

    FULL = "full"
    LIGHT = "light"
    COUNT = "count"


@dataclass(slots=True)
class Bucket:
    """A token bucket: holds at most `burst` tokens, refilled at `rate` a second."""

    rate: float
    burst: float
    tokens: float
    at: float

    def take(self, now: float) -> bool:
        """Take a token if there is one."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True


@dataclass(slots=True)
class Known:
    """What this process has seen of one fingerprint."""

    bucket: Bucket
    seen: int = 0
    full_at: float = 0.0


class Gauge:
    """Decide how much to keep of each failure. One per process; safe in threads; bounded memory.

    Within the rates everything is kept in full. Above them: the first of a fingerprint (a bounded number of new ones a minute), then powers of two, then one
    a minute; all others are light. Above `rows_per_hour` failures are only counted.
    """

    def __init__(self, limits: Limits, now: float) -> None:
        self.limits = limits
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Known] = OrderedDict()
        rate = limits.per_process
        self._process = Bucket(rate, max(rate, 1.0), max(rate, 1.0), now)
        new = float(limits.new_fingerprints_per_minute)
        self._new = Bucket(new / MINUTE, new, new, now)
        self._hour = now
        self._rows = 0

    def weigh(self, fingerprint: str, now: float) -> Size:
        """Return how much to keep of one more failure with this fingerprint."""
        with self._lock:
            size = self._weigh(self._of(fingerprint, now), now)
            if self._is_over_hour(now):
                return Size.COUNT
            self._rows += 1
            return size

    def _of(self, fingerprint: str, now: float) -> Known:
        known = self._known.get(fingerprint)
        if known is None:
            burst = float(self.limits.burst)
            known = Known(Bucket(self.limits.per_fingerprint, burst, burst, now))
            self._known[fingerprint] = known
            if len(self._known) > MOST_BUCKETS:
                self._known.popitem(last=False)
        self._known.move_to_end(fingerprint)
        return known

    def _weigh(self, known: Known, now: float) -> Size:
        known.seen += 1
        within = known.bucket.take(now) and self._process.take(now)
        if not (within or self._is_telling(known, now)):
            return Size.LIGHT
        known.full_at = now
        return Size.FULL

    def _is_telling(self, known: Known, now: float) -> bool:
        """Return whether this one says something that those before it did not."""
        if known.seen == 1:
            return self._new.take(now)
        power_of_two = known.seen & (known.seen - 1) == 0
        return power_of_two or now - known.full_at >= FULL_EVERY

    def _is_over_hour(self, now: float) -> bool:
        if now - self._hour >= HOUR:
            self._hour, self._rows = now, 0
        return self._rows >= self.limits.rows_per_hour


_gauge: Gauge | None = None


def weigh(fingerprint: str, limits: Limits) -> Size:
    """Return how much to keep of a failure that this process has just met."""
    global _gauge  # noqa: PLW0603 - one gauge per process, made anew when the setting changes
    now = time.monotonic()
    gauge = _gauge
    if gauge is None or gauge.limits is not limits:
        gauge = _gauge = Gauge(limits, now)
    return gauge.weigh(fingerprint, now)


def forget() -> None:
    """Start with full buckets."""
    global _gauge  # noqa: PLW0603
    _gauge = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget)
