"""What the database takes back for the sake of another transaction is done again."""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError

P = ParamSpec("P")
T = TypeVar("T")

TRIES = 5
LONGEST_PAUSE = 0.1  # seconds
# MySQL and MariaDB: a deadlock. Not 1205, a lock that was waited for in vain: that took 50 s, and a second wait would outlast the lease.
NUMBERS = frozenset({1213})
# PostgreSQL: a deadlock, a serialisation failure.
STATES = frozenset({"40P01", "40001"})


def again_after_deadlock(function: Callable[P, T]) -> Callable[P, T]:
    """Call the function again, five times at most, where the database has chosen its transaction as the victim.

    For functions that hold one transaction each and are called outside every other: nothing of a victim is left, so doing it again is doing it once.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(TRIES - 1):
            try:
                return function(*args, **kwargs)
            except OperationalError as error:
                if not _is_victim(error):
                    raise
            time.sleep(random.uniform(0, LONGEST_PAUSE))  # noqa: S311 - so that two victims do not meet again
        return function(*args, **kwargs)

    return call


def _is_victim(error: OperationalError) -> bool:
    cause = error.__cause__
    number = next(iter(error.args), None)
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    return number in NUMBERS or state in STATES
