"""Write one report down: in the database, else in the spool, else on stderr."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.db import DataError, IntegrityError, InterfaceError, transaction
from django.db.utils import Error as DatabaseError

from errorkit.conf import get_config
from errorkit.exceptions import SpoolError
from errorkit.models import Occurrence
from errorkit.models.occurrence import columns_of
from errorkit.reports.report import Report
from errorkit.storage import direct, lastwords, local
from errorkit.storage.breaker import breaker
from errorkit.storage.digest import digest
from errorkit.storage.hosttest import in_host_test
from errorkit.storage.limits import Size
from errorkit.storage.rungs import Rung, Situation, choose_rung

__all__ = ["Rung", "Situation", "choose_rung", "record"]

logger = logging.getLogger("errorkit")

CAUSES = 8  # how far the chain of causes is followed
# What a failed write tells about the situation.
WITHOUT: Mapping[Rung, str] = {
    Rung.SPOOL: "spool_usable",
    Rung.DIRECT: "breaker_closed",
    Rung.OWN_CONNECTION: "breaker_closed",
}


def record(report: Report, *, exc: BaseException | None = None, size: Size = Size.FULL) -> bool:
    """Write the report down; True if that is durable.

    Never raises, never touches a transaction of the host, and takes a second at most. A rung that fails changes the situation, and the choice is
    made again.
    """
    columns = columns_of(report)
    situation = observe(exc, size)
    while True:
        rung = choose_rung(situation)
        try:
            return WRITERS[rung](columns)
        except Exception as error:  # noqa: BLE001 - each database driver fails in its own way
            _note(rung, error)
            if rung not in WITHOUT:
                return False
            situation = situation._replace(**{WITHOUT[rung]: False})


def observe(exc: BaseException | None, size: Size) -> Situation:
    """Return what the choice depends on, as it is now, in this thread."""
    config = get_config()
    if in_host_test():
        return Situation(enabled=config.enabled, host_test=True)
    connection = direct.open_connection(config.database)
    return Situation(
        enabled=config.enabled,
        over_hard_limit=size is Size.COUNT,
        over_storm_limit=size is Size.LIGHT,
        connection_ready=connection is not None and direct.is_ready(connection),
        in_atomic=connection is not None and connection.in_atomic_block,
        on_event_loop=_is_on_event_loop(),
        database_fault=_is_database_fault(exc),
        breaker_closed=breaker.closed,
        spool_usable=local.may_be_usable(),
    )


def _is_on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _is_database_fault(exc: BaseException | None) -> bool:
    for _ in range(CAUSES):
        if exc is None:
            return False
        if isinstance(exc, DatabaseError):
            return True
        exc = exc.__cause__ or exc.__context__
    return False


def _note(rung: Rung, error: Exception) -> None:
    """Keep the database out of the way if it was its fault, and say so once per period."""
    if rung in {Rung.SPOOL, Rung.TEST} or isinstance(
        error, (DataError, IntegrityError, ValueError)
    ):
        logger.debug("A report could not be written (%s): %s", rung.value, error)
        return
    breaker.trip()
    logger.warning("A report could not be written (%s): %s", rung.value, type(error).__name__)


def _write_nothing(columns: Mapping[str, Any]) -> bool:
    return False


def _write_in_test(columns: Mapping[str, Any]) -> bool:
    """Write and digest at once in the test's own connection, so that the test's rollback takes everything back."""
    alias = get_config().database
    connection = direct.open_connection(alias)
    if connection is None or connection.needs_rollback:
        logger.debug("No report is kept: this test has no usable database connection.")
        return False
    with transaction.atomic(using=alias):
        Occurrence.objects.using(alias).create(**columns)
        digest()
    return True


def _count(columns: Mapping[str, Any]) -> bool:
    if (spool := local.local_spool()) is not None:
        spool.count(columns)
    return False


def _write_to_spool(columns: Mapping[str, Any]) -> bool:
    spool = local.local_spool()
    if spool is None:
        raise SpoolError(local.spool_problem())
    try:
        spool.put(columns)
    except SpoolError as error:
        local.give_up(spool, error)
        raise
    return True


def _write_directly(columns: Mapping[str, Any]) -> bool:
    connection = direct.open_connection(get_config().database)
    if connection is None:
        raise InterfaceError("the connection was closed a moment ago")
    direct.insert(connection, columns)
    return True


def _write_on_own_connection(columns: Mapping[str, Any]) -> bool:
    direct.insert_on_own_connection(get_config().database, columns)
    return True


def _write_to_stderr(columns: Mapping[str, Any]) -> bool:
    lastwords.say(columns)
    return False


WRITERS: Mapping[Rung, Callable[[Mapping[str, Any]], bool]] = {
    Rung.NOTHING: _write_nothing,
    Rung.TEST: _write_in_test,
    Rung.COUNT: _count,
    Rung.SPOOL: _write_to_spool,
    Rung.DIRECT: _write_directly,
    Rung.OWN_CONNECTION: _write_on_own_connection,
    Rung.STDERR: _write_to_stderr,
}
