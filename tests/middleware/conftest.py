from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import AsyncClient, Client, override_settings

from errorkit.testing import live


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    with override_settings(ROOT_URLCONF="tests.middleware.views"):
        yield


@pytest.fixture
def visitor() -> Client:
    """A client that gets the answer instead of the exception, as a browser does."""
    return Client(raise_request_exception=False)


@pytest.fixture
def async_visitor() -> AsyncClient:
    return AsyncClient(raise_request_exception=False)


@pytest.fixture
def production(tmp_path: Path) -> Iterator[None]:
    """Let errorkit record as in production; async tests need it, as their failures happen in other threads."""
    with override_settings(ERRORKIT={"SPOOL_DIR": tmp_path}), live():
        yield


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
