"""The spool: a local durable buffer for what the database cannot take now.

One SQLite file per site and user on a host, in WAL mode with synchronous NORMAL: what has been written survives the death of any process; a power cut may cost
the last second. Each process has one connection behind one lock, opened when it is first needed.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from errorkit.exceptions import BusySpoolError
from errorkit.storage.places import insist_on_own_file
from errorkit.storage.rows import pack
from errorkit.storage.sqlite import open_file, spool_error

LOCK_SECONDS = 0.5  # for which a thread waits for the others
# Characters of payloads that are in memory at once: a batch of the largest reports would take 16 MB.
MOST_TEXT = 2_000_000
COUNT_PERIOD = 10.0  # seconds for which failures over the hard limit are added up before they leave

INSERT = "INSERT INTO report (row, payload, at) VALUES (?, ?, ?)"

T = TypeVar("T")


class Spooled(NamedTuple):
    """One report in the spool."""

    seq: int
    row: str
    payload: str


class Spool:
    """One process's access to one spool file. Every method raises SpoolError where the file cannot be used."""

    def __init__(self, path: Path, *, byte_cap: int) -> None:
        self.path = path
        self._lock = threading.Lock()
        insist_on_own_file(path)
        self._connection = open_file(path, byte_cap)

    def put(self, columns: Mapping[str, Any]) -> None:
        """Write one report down; it is durable when this returns."""
        row, payload = pack(columns), columns.get("payload", "")
        self._run(lambda connection: connection.execute(INSERT, (row, payload, time.time())))

    def rehearse(self, columns: Mapping[str, Any]) -> None:
        """Do everything that `put` does, and take it back."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("SAVEPOINT rehearsal")
            connection.execute(INSERT, (pack(columns), columns.get("payload", ""), time.time()))
            connection.execute("ROLLBACK TO rehearsal")

        self._run(write, writes=True)

    def count(self, columns: Mapping[str, Any]) -> None:
        """Count one failure without a row of its own; exact, and bounded by the number of fingerprints."""
        now = time.time()
        key = (columns["fingerprint"], columns["environment"], int(now // 3600))
        self._run(
            lambda connection: connection.execute(
                "INSERT INTO tally VALUES (?, ?, ?, 1, ?, ?)"
                " ON CONFLICT (fingerprint, environment, hour) DO UPDATE SET times = times + 1",
                (*key, pack({**columns, "full": False}), now),
            )
        )

    def settle_counts(self, *, before: float) -> None:
        """Turn counts that began before this time into reports that stand for many failures each.

        From then on such a count has an id, so that draining it twice adds it once.
        """
        if not self._scalar("SELECT count(*) FROM tally"):
            return

        def settle(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO report (row, payload, at)"
                " SELECT json_set(row, '$.times', times), '', at FROM tally WHERE at < ?",
                (before,),
            )
            connection.execute("DELETE FROM tally WHERE at < ?", (before,))

        self._run(settle, writes=True)

    def peek(self, limit: int) -> list[Spooled]:
        """Return the oldest reports, `limit` at most, and no more than MOST_TEXT of them at once but for the last."""

        def read(connection: sqlite3.Connection) -> list[Spooled]:
            found: list[Spooled] = []
            weight = 0
            for row in connection.execute(
                "SELECT seq, row, payload FROM report ORDER BY seq LIMIT ?", (limit,)
            ):
                found.append(Spooled(*row))
                weight += len(found[-1].payload)
                if weight >= MOST_TEXT:
                    break
            return found

        return self._run(read)

    def remove(self, seqs: Sequence[int]) -> None:
        """Forget reports that the database has."""
        self._run(
            lambda connection: connection.executemany(
                "DELETE FROM report WHERE seq = ?", [(seq,) for seq in seqs]
            ),
            writes=True,
        )

    def quarantine(self, poison: Iterable[tuple[int, str]]) -> None:
        """Put reports aside that the database will never take, each with its reason; they are kept."""

        def move(connection: sqlite3.Connection) -> None:
            for seq, reason in poison:
                connection.execute(
                    "INSERT INTO quarantine (row, payload, at, reason)"
                    " SELECT row, payload, at, ? FROM report WHERE seq = ?",
                    (reason, seq),
                )
                connection.execute("DELETE FROM report WHERE seq = ?", (seq,))

        self._run(move, writes=True)

    def pending(self) -> int:
        """Return how many reports wait for the database."""
        return int(self._scalar("SELECT count(*) FROM report") or 0) + int(
            self._scalar("SELECT count(*) FROM tally") or 0
        )

    def is_empty(self) -> bool:
        """Return whether nothing waits for the database; cheaper than to count."""
        return not self._scalar(
            "SELECT EXISTS (SELECT 1 FROM report) OR EXISTS (SELECT 1 FROM tally)"
        )

    def quarantined(self) -> int:
        """Return how many reports were put aside."""
        return int(self._scalar("SELECT count(*) FROM quarantine") or 0)

    def oldest(self) -> datetime | None:
        """Return since when the oldest report waits, in UTC."""
        at = self._scalar("SELECT min(at) FROM report")
        return None if at is None else datetime.fromtimestamp(at, UTC)

    def claim_turn(self, name: str, *, seconds: float) -> bool:
        """Return True once per period and host: for what must not be said by every process."""
        now = time.time()
        return self._run(
            lambda connection: (
                connection.execute(
                    "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
                    " WHERE CAST(value AS REAL) <= ?",
                    (name, repr(now), now - seconds),
                ).rowcount
                == 1
            )
        )

    def rewrite(self, work: Callable[[sqlite3.Connection], int]) -> int:
        """Change what waits, in one transaction; nothing of what it replaces is left in the file."""
        changed = self._run(work, writes=True)
        self._run(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
        return changed

    def give_back_turn(self, name: str) -> None:
        """Let the next one who asks have the turn: nothing came of this one."""
        self._run(lambda connection: connection.execute("DELETE FROM meta WHERE name = ?", (name,)))

    def close(self) -> None:
        """Close the file; the spool cannot be used afterwards."""
        with self._lock:
            self._connection.close()

    def _scalar(self, statement: str) -> Any:
        return self._run(lambda connection: connection.execute(statement).fetchone()[0])

    def _run(self, work: Callable[[sqlite3.Connection], T], *, writes: bool = False) -> T:
        """Do the work under the lock; `writes`: in one transaction."""
        if not self._lock.acquire(timeout=LOCK_SECONDS):
            raise BusySpoolError(f"{self.path}: other threads hold it")
        try:
            if not writes:
                return work(self._connection)
            self._connection.execute("BEGIN IMMEDIATE")
            result = work(self._connection)
            self._connection.execute("COMMIT")
            return result
        except sqlite3.Error as error:
            self._roll_back()
            raise spool_error(self.path, error) from error
        finally:
            self._lock.release()

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            return  # The file is beyond help, which the caller is about to hear.
