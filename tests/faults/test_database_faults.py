"""The database stops, freezes, refuses, is read-only or locked in the middle of load: no reference is lost, no answer waits, one mail says so."""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
import pytest

from tests.faults.load import all_found, load
from tests.processes import wait_until
from tests.servers import MariaDB, PostgreSQL
from tests.servers.smtp import Mailbox
from tests.sites import Site
from tests.sites.outbound import mail_settings

# One view has the database open when it fails, one does not use it.
VIEWS = """
from django.contrib.auth.models import User
from django.db import DatabaseError


def plain(request):
    raise RuntimeError("the view failed")


def reading(request):
    try:
        User.objects.count()
    except DatabaseError:
        pass
    raise RuntimeError("the view failed after reading")
"""
URLS = 'path("plain/", views.plain), path("reading/", views.reading),'
UNLIMITED = {"PER_FINGERPRINT": 1e9, "BURST": 10**9, "PER_PROCESS": 1e9}
PROMISED = 1.0  # seconds that an answer may take longer while the database is in trouble
MARGIN = 2.0  # seconds for which a busy machine may forget a process
SLOTS = 24

Trouble = Callable[[Any, Site], AbstractContextManager[None]]


@contextmanager
def stopped(server: Any, site: Site) -> Iterator[None]:
    server.stop()
    yield
    server.start()


@contextmanager
def frozen(server: Any, site: Site) -> Iterator[None]:
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


@contextmanager
def out_of_connections(server: Any, site: Site) -> Iterator[None]:
    """Cut the site off, and take every slot that becomes free."""
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    with contextlib.ExitStack() as stack:
        taken: list[Any] = []

        def all_taken() -> bool:
            with contextlib.suppress(psycopg.OperationalError):
                taken.append(stack.enter_context(_session(server)))
            return len(taken) == SLOTS

        wait_until(all_taken, 60)
        yield


@contextmanager
def read_only(server: Any, site: Site) -> Iterator[None]:
    _set_read_only(server, "on")
    yield
    _set_read_only(server, "off")


def _set_read_only(server: Any, value: str) -> None:
    with _session(server) as session:
        session.execute("SET default_transaction_read_only = off")
        session.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}".encode())
        session.execute("SELECT pg_reload_conf()")


@contextmanager
def table_locked(server: Any, site: Site) -> Iterator[None]:
    with _session(server, site.database.settings["NAME"]) as session, session.transaction():
        session.execute("LOCK TABLE errorkit_occurrence IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def file_locked(server: Any, site: Site) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(site.database.settings["NAME"], timeout=60)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.rollback()


def _session(server: Any, name: str = "postgres") -> "psycopg.Connection[Any]":
    return psycopg.connect(
        host="127.0.0.1", port=server.port, user="postgres", dbname=name, autocommit=True
    )


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with PostgreSQL(max_connections=SLOTS) as server:
        yield server


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDB]:
    with MariaDB() as server:
        yield server


POSTGRESQL = pytest.mark.needs_postgresql
MARIADB = pytest.mark.needs_mariadb


@pytest.mark.parametrize(
    ("kind", "trouble"),
    [
        pytest.param("postgresql", stopped, marks=POSTGRESQL),
        pytest.param("postgresql", frozen, marks=POSTGRESQL),
        pytest.param("postgresql", out_of_connections, marks=POSTGRESQL),
        pytest.param("postgresql", read_only, marks=POSTGRESQL),
        pytest.param("postgresql", table_locked, marks=POSTGRESQL),
        pytest.param("mariadb", stopped, marks=MARIADB),
        pytest.param("mariadb", frozen, marks=MARIADB),
        pytest.param("sqlite", file_locked),
    ],
)
def test_every_reference_is_found_and_no_answer_waits_when_the_database_is(
    kind: str, trouble: Trouble, make_site: Callable[..., Site], request: pytest.FixtureRequest
) -> None:
    server = None if kind == "sqlite" else request.getfixturevalue(kind)
    with Mailbox() as mailbox:
        site = _site(make_site, server, mailbox)
        with load(site.url, "/reading/") as warm:
            wait_until(lambda: warm.answers > 100, 60)
        with load(site.url, "/plain/") as well:
            wait_until(lambda: well.answers > 300, 60)

        with load(site.url, "/plain/") as ledger:
            wait_until(lambda: ledger.answers > 20, 60)
            with trouble(server, site):
                before = ledger.answers
                wait_until(lambda: ledger.answers > before + 300, 60)
                ledger.halt.set()
                _wait_for_outage(mailbox, site)
            ledger.halt.clear()
            before = ledger.answers
            wait_until(lambda: ledger.answers > before + 50, 60)

        assert ledger.refused == 0
        assert well.without == 0, site.output()[-3000:]
        assert ledger.mostly_shown, site.output()[-3000:]
        assert ledger.slowest < well.slowest + PROMISED + MARGIN
        for shown in (warm, well):
            ledger.references += shown.references
        all_found(site, ledger)
        assert len(_outages(mailbox)) == 1


def _site(make_site: Callable[..., Site], server: Any, mailbox: Mailbox) -> Site:
    entry = server.settings(f"host_{time.monotonic_ns()}") if server else None
    site = make_site(
        database=entry and entry | {"CONN_MAX_AGE": 60},
        views=VIEWS,
        urls=URLS,
        settings={
            **mail_settings(mailbox),
            "LOGGING_CONFIG": None,
            "ERRORKIT": {"LIMITS": UNLIMITED},
        },
        settings_text="\nDATABASES['default']['CONN_MAX_AGE'] = 60\n",
    )
    site.start("gthread", workers=2, threads=4)
    return site


def _wait_for_outage(mailbox: Mailbox, site: Site) -> None:
    try:
        wait_until(lambda: _outages(mailbox), 90, what="the mail about the outage")
    except AssertionError as error:
        raise AssertionError(f"{error}\n{site.output()[-3000:]}") from error


def _outages(mailbox: Mailbox) -> list[str]:
    subjects = [str(mail["Subject"]) for mail in mailbox.messages]
    return [subject for subject in subjects if "cannot reach its database" in subject]
