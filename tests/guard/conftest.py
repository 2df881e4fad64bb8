from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from errorkit.testing import live


@pytest.fixture(autouse=True)
def production(settings: Any, tmp_path: Path, transactional_db: None) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.middleware.views"
    settings.ERRORKIT = {"SPOOL_DIR": tmp_path}
    with live():
        yield


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
