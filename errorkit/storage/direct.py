"""One INSERT into the database, inside the request: bounded in time, outside every transaction of the host."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from errorkit.storage.bounded import connected
from errorkit.storage.deadline import deadline
from errorkit.storage.inserts import cursor_of, parameters, statement

SQLITE_BUSY_MS = 250


def open_connection(alias: str) -> BaseDatabaseWrapper | None:
    """Return this thread's connection if the host has it open; never opens one."""
    for connection in connections.all(initialized_only=True):
        if connection.alias == alias:
            return connection if connection.connection is not None else None
    return None


def is_ready(connection: BaseDatabaseWrapper) -> bool:
    """Return whether one INSERT on this connection would commit by itself."""
    return (
        bool(connection.autocommit)
        and not connection.in_atomic_block
        and not connection.needs_rollback
        and not connection.errors_occurred
        and not _in_transaction(connection.connection)
    )


def _in_transaction(raw: Any) -> bool:
    """Return whether somebody has opened a transaction behind Django's back: sqlite3, psycopg 3, psycopg 2."""
    if hasattr(raw, "in_transaction"):
        return bool(raw.in_transaction)
    if hasattr(raw, "pgconn"):
        return int(raw.pgconn.transaction_status) != 0
    if hasattr(raw, "get_transaction_status"):
        return int(raw.get_transaction_status()) != 0
    return False


def insert(connection: BaseDatabaseWrapper, columns: Mapping[str, Any]) -> None:
    """Write one occurrence; raises whatever the database raises, after a second at most.

    A connection that had to be cut is closed here, so that Django opens a new one for the host.
    """
    sql, _ = statement(connection.alias, connection.vendor)
    values = {**DEFAULTS, **columns, "recorded_at": timezone.now()}
    listed = parameters(connection, lambda field: values[field.name])
    watch = None
    try:
        with (
            _short_busy_timeout(connection),
            deadline(connection.connection) as watch,
            cursor_of(connection) as cursor,
        ):
            cursor.execute(sql, listed)
    finally:
        if watch is not None and watch.fired:
            connection.close()


def insert_on_own_connection(alias: str, columns: Mapping[str, Any]) -> None:
    """Write one occurrence on a connection that is opened and closed for it."""
    connection = connections.create_connection(alias)
    try:
        with connected(connection, 1):
            insert(connection, columns)
    finally:
        connection.close()


DEFAULTS: Mapping[str, Any] = {"incident": None, "times": 1}


@contextmanager
def _short_busy_timeout(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Wait a quarter of a second at most for SQLite's lock, and give the host its own patience back."""
    if connection.vendor != "sqlite":
        yield
        return
    raw = connection.connection
    [patience] = raw.execute("PRAGMA busy_timeout").fetchone()
    if patience <= SQLITE_BUSY_MS:
        yield
        return
    raw.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_MS}")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA busy_timeout = {patience:d}")
