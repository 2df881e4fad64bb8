"""The ladder: where a report is written down, decided from values alone."""

from enum import Enum
from typing import NamedTuple


class Rung(Enum):
    """One way to write a report down, or not to."""

    NOTHING = "nothing"
    TEST = "test"
    COUNT = "count"
    SPOOL = "spool"
    DIRECT = "direct"
    OWN_CONNECTION = "own connection"
    STDERR = "stderr"


class Situation(NamedTuple):
    """What the choice depends on.

    `connection_ready`: this thread's connection to the alias is open, usable, in autocommit and outside any transaction.
    `on_event_loop`: an event loop runs in this thread, which the database would hold up. `database_fault`: the exception is the database's own.
    """

    enabled: bool = True
    host_test: bool = False
    over_hard_limit: bool = False
    over_storm_limit: bool = False
    connection_ready: bool = False
    in_atomic: bool = False
    on_event_loop: bool = False
    database_fault: bool = False
    breaker_closed: bool = True
    spool_usable: bool = True


def choose_rung(situation: Situation) -> Rung:
    """Return the first rung that the situation allows; the order is the promise."""
    if not situation.enabled:
        return Rung.NOTHING
    if situation.host_test:
        return Rung.TEST
    if situation.over_hard_limit:
        return Rung.COUNT
    if situation.over_storm_limit and situation.spool_usable:
        return Rung.SPOOL
    return _choose_durable(situation)


def _choose_durable(situation: Situation) -> Rung:
    free = not situation.in_atomic and not situation.on_event_loop
    sound = situation.breaker_closed and free
    if sound and situation.connection_ready and not situation.database_fault:
        return Rung.DIRECT
    if situation.spool_usable:
        return Rung.SPOOL
    return Rung.OWN_CONNECTION if sound else Rung.STDERR
