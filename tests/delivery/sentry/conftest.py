from collections.abc import Iterator

import pytest

from errorkit.delivery import http
from tests.servers.sentry import Sentry


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    with Sentry() as server:
        yield server


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up early, so that the tests of what never answers are short."""
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(http, "READ_SECONDS", 0.3)
    monkeypatch.setattr(http, "LONGEST_TRY", 0.6)
