"""End a write that takes too long, also when the server is frozen.

A frozen server answers neither a cancel request nor a time-out of its own; what ends the wait is shutting the driver's socket down from
another thread, the watchdog.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from errorkit.watchdog import Watch, watched

SECONDS = 0.75


@contextmanager
def deadline(raw_connection: Any, seconds: float = SECONDS) -> Iterator[Watch | None]:
    """Cut the driver's connection if the block takes longer than `seconds`.

    Yields None where the driver has no socket (SQLite keeps its own time). Whoever sees `fired` closes the connection.
    """
    descriptor = _descriptor_of(raw_connection)
    if descriptor is None:
        yield None
        return
    # A duplicate stays ours when the driver closes its own and the number is used again.
    ours = os.dup(descriptor)
    try:
        with watched(seconds, partial(_shut_down, ours)) as watch:
            yield watch
    finally:
        os.close(ours)


def _shut_down(descriptor: int) -> None:
    with socket.socket(fileno=os.dup(descriptor)) as duplicate:
        try:
            duplicate.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # The server has hung up already, which ends the write as well.


def _descriptor_of(raw: Any) -> int | None:
    """Return the socket of psycopg 3 and 2, PyMySQL or mysqlclient."""
    for owner in (raw, getattr(raw, "_sock", None)):
        fileno = getattr(owner, "fileno", None)
        if callable(fileno):
            try:
                return int(fileno())
            except Exception:  # noqa: BLE001 - each driver has its own error for a closed connection
                return None
    return None
