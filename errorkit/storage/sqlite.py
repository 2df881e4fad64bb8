"""The file of the spool: its tables, and how it is opened."""

import sqlite3
import time
from pathlib import Path

from errorkit.exceptions import BusySpoolError, CorruptSpoolError, SpoolError

BUSY_SECONDS = 0.25
RETRY_SECONDS = 0.01

SCHEMA = """
CREATE TABLE IF NOT EXISTS report (seq INTEGER PRIMARY KEY, row TEXT NOT NULL, payload TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS tally (fingerprint TEXT, environment TEXT, hour INTEGER, times INTEGER NOT NULL, row TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (fingerprint, environment, hour)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quarantine (seq INTEGER PRIMARY KEY, row TEXT NOT NULL, payload TEXT NOT NULL, at REAL NOT NULL, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


def open_file(path: Path, byte_cap: int) -> sqlite3.Connection:
    """Open the file, with its tables, as every thread of this process may use it; raises SpoolError.

    SQLite does not wait where two processes turn a new file to WAL at once: one of them is told at once that it is locked. It is tried
    again for a quarter of a second.
    """
    patience = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return _open(path, byte_cap)
        except sqlite3.Error as error:
            problem = spool_error(path, error)
            if not isinstance(problem, BusySpoolError) or time.monotonic() > patience:
                raise problem from error
        time.sleep(RETRY_SECONDS)


def _open(path: Path, byte_cap: int) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        _set_up(connection, byte_cap)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection, byte_cap: int) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    [page_size] = connection.execute("PRAGMA page_size").fetchone()
    connection.execute(f"PRAGMA max_page_count = {max(1, byte_cap // page_size):d}")
    connection.executescript(SCHEMA)


def spool_error(path: Path, error: sqlite3.Error) -> SpoolError:
    """Return what to raise for an error of SQLite's."""
    # The lower byte is the primary result code.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return CorruptSpoolError(f"{path}: {error}")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}:
        return BusySpoolError(f"{path}: {error}")
    return SpoolError(f"{path}: {error}")
