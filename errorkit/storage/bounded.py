"""Use the site's database for a while without being held up by one that is frozen or cannot be reached."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import InterfaceError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from errorkit.storage.deadline import deadline

CONNECT_SECONDS = 3
TAKES_TIMEOUT = frozenset({"postgresql", "mysql"})


@contextmanager
def bounded(alias: str, seconds: float) -> Iterator[None]:
    """Connect within three seconds, then cut the connection if the block takes longer than `seconds`.

    Raises what the driver raises; a connection that was cut is closed, so that the next use opens another one. SQLite keeps its own time.
    """
    connection = connections[alias]
    watch = None
    try:
        with (
            connected(connection, CONNECT_SECONDS),
            deadline(connection.connection, seconds) as watch,
        ):
            yield
    finally:
        if watch is not None and watch.fired:
            connection.close()
    if watch is not None and watch.fired:
        raise InterfaceError("the database did not answer in time")


@contextmanager
def connected(connection: BaseDatabaseWrapper, seconds: int) -> Iterator[None]:
    """Connect in time; the connection may be the host's, so its settings are as before afterwards.

    They stay changed for the whole block, because Django connects anew where it cannot roll back, and a frozen server would hold that up for
    ever. The drivers for PostgreSQL take less than 2 seconds for 2.
    """
    theirs = connection.settings_dict
    connection.settings_dict = {**theirs, "OPTIONS": _impatient(connection, seconds)}
    try:
        connection.ensure_connection()
        if _waits_for_a_greeting(connection):
            connection.connection._read_timeout = theirs["OPTIONS"].get("read_timeout")
        yield
    finally:
        connection.settings_dict = theirs


def _impatient(connection: BaseDatabaseWrapper, seconds: int) -> dict[str, Any]:
    theirs: dict[str, Any] = connection.settings_dict["OPTIONS"]
    if connection.vendor not in TAKES_TIMEOUT:
        return theirs
    timeouts = {"connect_timeout": seconds}
    if _waits_for_a_greeting(connection):
        timeouts["read_timeout"] = seconds
    return {**timeouts, **theirs}


def _waits_for_a_greeting(connection: BaseDatabaseWrapper) -> bool:
    """Return whether the driver's time-out for connecting ends before the server has said a word: PyMySQL's does."""
    return getattr(getattr(connection, "Database", None), "__name__", "") == "pymysql"
