"""Every report starts without context."""

from collections.abc import Iterator

import pytest

from errorkit.reports import scope


@pytest.fixture(autouse=True)
def _no_context() -> Iterator[None]:
    scope.clear()
    yield
    scope.clear()
