"""Forget a person in this host's spool, in which reports wait or are set aside."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from errorkit.exceptions import BusySpoolError
from errorkit.reports.erasing import payload_without_person, title_without_person
from errorkit.storage.drain import alone
from errorkit.storage.local import local_spool

PATIENCE = 60.0  # seconds to wait for another process that drains
PAUSE = 0.05
# What leads to the person, also through other people's logs.
EMPTIED = ("path", "request_id", "trace_id", "user_id", "user_label")
REWRITE = {
    "report": "row = without_person(row), payload = payload_without_person(payload)",
    "quarantine": "row = without_person(row), payload = payload_without_person(payload)",
    "tally": "row = without_person(row)",
}


def erase_spool(user_id: str, *, dry_run: bool) -> dict[str, int]:
    """Rewrite the reports of the person; return how many."""
    spool = local_spool()
    if spool is None:
        return {}

    def rewrite(connection: sqlite3.Connection) -> int:
        _teach(connection)
        return sum(_rewrite(connection, table, user_id, dry_run=dry_run) for table in REWRITE)

    with _while_nobody_drains(spool.path):
        return {"reports in the spool": spool.rewrite(rewrite)}


def columns_without_person(columns: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of an occurrence, but its payload, without what leads to the person."""
    emptied = {name: "" for name in EMPTIED if name in columns}
    return {**columns, **emptied, "title": title_without_person(columns.get("title", ""))}


@contextmanager
def _while_nobody_drains(path: Path) -> Iterator[None]:
    until = monotonic() + PATIENCE
    while True:
        with ExitStack() as stack:
            if stack.enter_context(alone(path)):
                yield
                return
        if monotonic() > until:
            raise BusySpoolError(f"{path}: another process drains it")
        sleep(PAUSE)


def _teach(connection: sqlite3.Connection) -> None:
    """Let SQLite call the rules. What it overwrites is to be gone from the file as well."""
    connection.execute("PRAGMA secure_delete = ON")
    connection.create_function("user_of", 1, _user_of)
    connection.create_function("without_person", 1, _row)
    connection.create_function("payload_without_person", 1, payload_without_person)


def _rewrite(connection: sqlite3.Connection, table: str, user_id: str, *, dry_run: bool) -> int:
    if dry_run:
        counted = f"SELECT count(*) FROM {table} WHERE user_of(row) = ?"  # noqa: S608 - a constant
        return int(connection.execute(counted, (user_id,)).fetchone()[0])
    statement = f"UPDATE {table} SET {REWRITE[table]} WHERE user_of(row) = ?"  # noqa: S608 - constants
    return connection.execute(statement, (user_id,)).rowcount


def _user_of(row: str) -> str | None:
    try:
        found = json.loads(row)["user_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None


def _row(row: str) -> str:
    return json.dumps(columns_without_person(json.loads(row)), separators=(",", ":"))
