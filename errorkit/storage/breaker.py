"""After a failed write the database is left alone for a while."""

import time

PERIOD = 30.0  # seconds


class Breaker:
    """One per process. Closed: the database may be tried. No lock: a lost race costs one more try."""

    def __init__(self, period: float = PERIOD) -> None:
        self.period = period
        self._open_until = 0.0

    @property
    def closed(self) -> bool:
        """Return whether the database may be tried."""
        return time.monotonic() >= self._open_until

    def trip(self) -> None:
        """Keep the database out of the request path for the period."""
        self._open_until = time.monotonic() + self.period

    def reset(self) -> None:
        """Let it in again: it was seen to work."""
        self._open_until = 0.0


breaker = Breaker()
