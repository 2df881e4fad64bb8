"""What every test gets: sites to start, and a skip (in CI: a failure) for an absent server."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import TransactionTestCase
from hypothesis import settings

from tests import databases, services
from tests.sites import Site, write_site

# Property tests have no deadline: a busy machine is no failure. `make properties` tries many more examples.
settings.register_profile("errorkit", deadline=None)
settings.register_profile("long", deadline=None, max_examples=5_000)
settings.load_profile("errorkit")

EXIT_STATUS = pytest.StashKey[int]()


def pytest_sessionstart() -> None:
    """End at once, with one line, when the database chosen for the run is not there."""
    reason = services.missing(f"needs_{databases.CHOSEN}") if databases.CHOSEN != "sqlite" else None
    if reason:
        pytest.exit(reason, returncode=1 if services.required() else 0)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[EXIT_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave without shutting the interpreter down where that may crash.

    CPython 3.12.1 was seen to end with a segmentation fault after the last test had passed and everything was torn down: daemon threads of
    executors and servers are still there then.
    """
    if sys.version_info[:2] == (3, 12) and EXIT_STATUS in config.stash:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[EXIT_STATUS])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the database of the run, and what starts sites that bring their own.

    `-m django_db` runs again on PostgreSQL and on MariaDB; `-m "not starts_sites"` on the other Pythons,
    as sites take most of the time.
    """
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & {"db", "transactional_db"} or _is_database_case(item):
            item.add_marker(pytest.mark.django_db)
        if fixtures & {"make_site", "shared_site"}:
            item.add_marker(pytest.mark.starts_sites)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in services.SERVICES:
        reason = services.missing(marker) if item.get_closest_marker(marker) else None
        if reason and services.required():
            pytest.fail(reason, pytrace=False)
        if reason:
            pytest.skip(reason)


def _is_database_case(item: pytest.Item) -> bool:
    """Return whether it belongs to one of Django's TestCase classes that use the database."""
    case = getattr(item, "cls", None)
    return isinstance(case, type) and issubclass(case, TransactionTestCase)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Let go of the database in the one thread that async tests run their queries in: it outlives them all."""
    yield
    asyncio.run(sync_to_async(connections.close_all)())


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Return a function that writes a site (tests.sites.write_site); all of it is gone afterwards."""
    made: list[Site] = []

    def make(**options: Any) -> Site:
        site = write_site(tmp_path / f"site-{len(made)}", **options)
        made.append(site)
        return site

    yield make
    for site in made:
        site.close()
