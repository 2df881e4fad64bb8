from collections.abc import Iterator
from typing import Any

import pytest

from tests.oncall.world import SETTINGS, World
from tests.oncall.world import world as make_world


@pytest.fixture
def site(db: None, settings: Any) -> Iterator[World]:
    """A site on a frozen clock, with a fallback address and nothing else configured."""
    settings.ERRORKIT = SETTINGS
    settings.ROOT_URLCONF = "tests.oncall.urls"
    settings.EMAIL_SUBJECT_PREFIX = ""
    with make_world() as world:
        yield world
