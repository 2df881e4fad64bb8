"""From the spool, or from the lines of a log, into the database. Draining twice changes nothing: an occurrence has one id."""

import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import DataError, IntegrityError

from errorkit.conf import get_config
from errorkit.models import Occurrence
from errorkit.storage import lastwords
from errorkit.storage.digest import BATCH, DigestResult, take_in
from errorkit.storage.inserts import insert_rows
from errorkit.storage.local import local_spool
from errorkit.storage.rows import unpack
from errorkit.storage.spool import COUNT_PERIOD, MOST_TEXT, Spool, Spooled

# What the database says about a row that it will never take. Anything else is the database's own trouble.
POISON = (DataError, IntegrityError, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainResult:
    """How many reports have left the spool, how many of them were digested on the way, and how many deliveries are owed for those.

    `more`: the batch was full, so that others may wait.
    """

    moved: int = 0
    digested: int = 0
    owed: int = 0
    more: bool = False


def drain(limit: int = BATCH, *, counts_too: bool = False) -> DrainResult:
    """Move the oldest reports of this host's spool into the database, digested where it is nobody else's turn.

    `counts_too` also moves what was only counted within the last seconds. Nothing is moved while another process is at it. Raises what the database
    raises, and SpoolError; the reports then stay where they are.
    """
    spool = local_spool()
    if spool is None:
        return DrainResult()
    with alone(spool.path) as is_alone:
        if not is_alone:
            return DrainResult()
        spool.settle_counts(before=time.time() + (1.0 if counts_too else -COUNT_PERIOD))
        found = spool.peek(limit)
        if not found:
            return DrainResult()
        weight = sum(len(each.payload) for each in found)
        return replace(_move(spool, found), more=len(found) == limit or weight >= MOST_TEXT)


def drain_lines(lines: Iterable[str]) -> int:
    """Store what the last rung has left in a log; return how many reports were new."""
    stored = 0
    rows: list[Occurrence] = []
    for row in lastwords.read(lines):
        rows.append(row)
        if len(rows) == BATCH:
            stored += _store(rows)
            rows = []
    return stored + _store(rows)


def _move(spool: Spool, found: Sequence[Spooled]) -> DrainResult:
    rows: dict[int, Occurrence] = {}
    poison: dict[int, str] = {}
    for each in found:
        try:
            rows[each.seq] = unpack(each.row, each.payload)
        except POISON as error:
            poison[each.seq] = f"{type(error).__name__}: {error}"
    digested = owed = 0
    try:
        batch = take_in(new) if (new := _new(rows.values())) else DigestResult()
        if batch.busy:
            insert_rows(new, get_config().database)
        digested, owed = batch.digested, batch.owed
    except POISON:
        poison |= _store_one_by_one(rows)
    spool.quarantine(poison.items())
    spool.remove([each.seq for each in found])
    return DrainResult(moved=len(found), digested=digested, owed=owed)


def _new(rows: Iterable[Occurrence]) -> list[Occurrence]:
    """Return those that are not in the database yet.

    The look comes before the transaction: one that reads first and writes later is refused by SQLite while others write.
    """
    new = {row.id: row for row in rows}
    known = Occurrence.objects.using(get_config().database).filter(id__in=list(new))
    for key in known.values_list("id", flat=True):
        del new[key]
    return list(new.values())


def _store(rows: Sequence[Occurrence]) -> int:
    """Insert the rows that are not there yet, together; return how many that were."""
    new = _new(rows)
    insert_rows(new, get_config().database)
    return len(new)


def _store_one_by_one(rows: Mapping[int, Occurrence]) -> dict[int, str]:
    """Insert what can be inserted; return the others with the reason."""
    occurrences = Occurrence.objects.using(get_config().database)
    poison: dict[int, str] = {}
    for seq, row in rows.items():
        try:
            _store([row])
        except POISON as error:
            if not occurrences.filter(pk=row.pk).exists():
                poison[seq] = f"{type(error).__name__}: {error}"
    return poison


_draining = threading.Lock()


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Yield whether this is the only drainer of the spool on this host; the lock dies with the process."""
    if not _draining.acquire(blocking=False):
        yield False
        return
    try:
        descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield _lock(descriptor)
        finally:
            os.close(descriptor)
    finally:
        _draining.release()


def _lock(descriptor: int) -> bool:
    if sys.platform == "win32":  # Two drainers then do the same work twice, which changes nothing.
        return True
    import fcntl

    try:
        # A record lock, because a child that is forked meanwhile must not inherit it.
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _start_afresh() -> None:
    global _draining  # noqa: PLW0603 - the parent may have held it while it forked
    _draining = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh)
