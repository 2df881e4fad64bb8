"""A spool folder of its own for each test, and what production would do."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from errorkit.storage.spool import Spool
from errorkit.testing import live


@pytest.fixture
def configure(settings: Any, tmp_path: Path) -> Callable[..., None]:
    """Return a function that sets ERRORKIT, with a spool folder of the test's own unless told otherwise."""

    def configure(**values: Any) -> None:
        settings.ERRORKIT = {"SPOOL_DIR": tmp_path / "state", **values}

    return configure


@pytest.fixture
def production(configure: Callable[..., None]) -> Iterator[Callable[..., None]]:
    """Behave as in production, with a spool of the test's own."""
    configure()
    with live():
        yield configure


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool.sqlite3", byte_cap=10_000_000)
    yield spool
    spool.close()
