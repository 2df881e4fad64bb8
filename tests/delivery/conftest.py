from collections.abc import Callable, Iterator

import pytest
from django.test import override_settings

from errorkit.delivery.channels.memory import MemoryChannel

MEMORY = "errorkit.delivery.channels.memory.MemoryChannel"


@pytest.fixture
def memory() -> Iterator[type[MemoryChannel]]:
    """The channel `archive` keeps what it is sent."""
    MemoryChannel.clear()
    with override_settings(ERRORKIT={"CHANNELS": {"archive": {"BACKEND": MEMORY}}}):
        yield MemoryChannel
    MemoryChannel.clear()


@pytest.fixture
def configure() -> Iterator[Callable[..., None]]:
    """Call with keys of ERRORKIT; undone after the test."""
    active: list[override_settings] = []

    def apply(**keys: object) -> None:
        override = override_settings(ERRORKIT=keys)
        override.enable()
        active.append(override)

    yield apply
    for override in reversed(active):
        override.disable()
