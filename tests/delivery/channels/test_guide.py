"""What the guide shows works as it stands there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from errorkit.conf import get_config, get_problems
from errorkit.delivery.channels.base import Channel, DeliveryContext, Result
from tests.delivery.factories import make_report
from tests.servers.receiver import Receiver

GUIDE = Path(__file__).parents[3] / "docs" / "channels.md"
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


def test_settings_of_the_guide_are_understood_when_they_are_copied(settings: Any) -> None:
    environ = {"SENTRY_DSN": "https://k@sentry.example/1", "SLACK_TOKEN": "xoxb-1"}
    namespace: dict[str, Any] = {"os": type("os", (), {"environ": environ})}
    for block in BLOCKS[:2]:
        exec(block, namespace)
    settings.ERRORKIT = namespace["ERRORKIT"]

    assert get_problems() == []
    assert len(get_config().routes) == 3


def test_channel_of_the_guide_delivers_when_it_is_copied(receiver: Receiver) -> None:
    namespace: dict[str, Any] = {}
    exec(BLOCKS[-1], namespace)
    channel: Channel = namespace["TicketChannel"]("tickets", url=receiver.url, token="s3cret")
    context = DeliveryContext(key="k", alias="tickets", purpose="alert", transition="opened")

    assert channel.send(make_report(), context).result is Result.ACCEPTED
    assert receiver.received[0].json()["id"] == "k"
    assert channel.secrets == ("s3cret",)
