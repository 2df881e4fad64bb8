"""The channel that should have told somebody does not work: the next step comes at once, and nobody is flooded."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from errorkit.delivery.channels.base import Outcome, Result
from errorkit.delivery.channels.memory import MemoryChannel
from errorkit.models import Alert, Delivery, Incident
from errorkit.sweep import sweep
from tests.delivery.conftest import MEMORY
from tests.oncall.world import SETTINGS, World, acknowledge, add_way, alert_of, channel, user

DEAD = Outcome(result=Result.PERMANENT, detail="token revoked")


@pytest.fixture
def chat(site: World, settings: Any) -> Iterator[type[MemoryChannel]]:
    quiet = {"BACKEND": MEMORY, "OPTIONS": {"FORWARDS": False}}
    settings.ERRORKIT = SETTINGS | {"CHANNELS": {"chat": quiet}}
    MemoryChannel.clear()
    yield MemoryChannel
    MemoryChannel.clear()


def test_next_step_comes_at_once_when_the_channel_refuses_the_first(
    site: World, chat: type[MemoryChannel]
) -> None:
    ids = site.add_people("boss")
    site.add_policy(channel("chat", wait=60), user(ids["boss"], wait=60), group_wait=0)
    chat.outcomes["chat"] = [DEAD]
    site.fail()
    sweep()
    site.wait(seconds=5)
    assert sorted(site.readers()) == ["boss", "fallback"]
    site.wait(minutes=59)
    assert site.readers() == []


def test_next_step_comes_at_once_when_the_first_expires(
    site: World, chat: type[MemoryChannel]
) -> None:
    ids = site.add_people("boss")
    site.add_policy(channel("chat", wait=300), user(ids["boss"]), group_wait=0)
    chat.outcomes["chat"] = [OSError() for _ in range(20)]
    site.fail()
    sweep()
    Delivery.objects.filter(channel="chat").update(expires_at=timezone.now() + timedelta(minutes=1))
    site.wait(minutes=1)
    site.wait(seconds=5)
    assert "boss" in site.readers()


def test_next_step_waits_when_another_way_of_the_step_arrives(
    site: World, chat: type[MemoryChannel]
) -> None:
    ids = site.add_people("ada", "boss")
    add_way(ids["ada"], "", channel="chat")
    add_way(ids["ada"], "ada@example.com", position=2)
    site.add_policy(user(ids["ada"], wait=60), user(ids["boss"]), group_wait=0)
    chat.outcomes["chat"] = [DEAD]
    site.fail()
    sweep()
    site.wait(seconds=5)
    assert "boss" not in site.readers()


def test_rounds_do_not_follow_each_other_when_the_last_step_fails(
    site: World, chat: type[MemoryChannel]
) -> None:
    site.add_policy(channel("chat", wait=10), group_wait=0, repeats=5, repeat_minutes=240)
    chat.outcomes["chat"] = [DEAD] * 9
    incident = site.fail()
    for _ in range(5):
        site.wait(seconds=5)
    assert alert_of(incident).cycle == 2
    assert site.readers() == ["fallback"]


def test_fallback_gets_one_digest_when_the_channel_refuses_many_alerts(
    site: World, chat: type[MemoryChannel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "reads_notices", False)
    site.add_policy(channel("chat"), group_wait=0)
    chat.outcomes["chat"] = [DEAD] * 5
    for number in range(5):
        site.fail(f"Error{number}")
    sweep()
    site.wait(seconds=5)
    assert site.read_mail() == [("fallback", "5 incidents need attention")]


def test_digest_goes_elsewhere_when_its_channel_refuses_it(
    site: World, chat: type[MemoryChannel]
) -> None:
    ids = site.add_people("boss")
    site.add_policy(channel("chat", wait=60), user(ids["boss"], wait=60), group_wait=0)
    chat.outcomes["chat"] = [DEAD]
    acknowledged, _ = site.fail("OneError"), site.fail("TwoError")
    sweep()
    acknowledge(acknowledged)
    site.wait(seconds=5)
    site.wait(seconds=5)
    assert sorted(site.read_mail()) == [
        ("boss", "[production] still not acknowledged: TwoError: it failed"),
        ("fallback", "1 incident needs attention"),
    ]


def test_sweep_goes_on_when_an_incident_is_deleted_while_its_alert_is_sent(
    site: World, chat: type[MemoryChannel], monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add_policy(channel("chat"), channel("oncall"), group_wait=0)
    incident = site.fail("OneError")
    send = MemoryChannel.send

    def send_slowly(self: MemoryChannel, report: Any, context: Any) -> Outcome:
        Incident.objects.filter(pk=incident.pk).delete()
        return send(self, report, context)

    monkeypatch.setattr(MemoryChannel, "send", send_slowly)
    sweep()
    assert not Alert.objects.exists()
    assert not Delivery.objects.exists()
    monkeypatch.undo()
    site.fail("TwoError")
    sweep()
    assert [alert.transition for alert in Alert.objects.all()] == ["opened"]
