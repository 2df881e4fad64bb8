from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from errorkit.delivery import outbox
from errorkit.delivery.channels.base import Outcome, Result
from errorkit.delivery.channels.memory import MemoryChannel
from errorkit.models import ChannelState, Delivery, Incident
from errorkit.sweep import sweep
from tests.delivery.conftest import MEMORY
from tests.delivery.factories import make_change

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def chat(configure: Callable[..., None]) -> type[MemoryChannel]:
    """A chat that fails, and mail that works."""
    MemoryChannel.clear()
    quiet = {"BACKEND": MEMORY, "OPTIONS": {"FORWARDS": False}}
    configure(CHANNELS={"chat": quiet}, ONCALL_FALLBACK=["oncall@example.com"])
    return MemoryChannel


def owe_alert() -> Incident:
    change = make_change()
    alert = outbox.make_delivery(
        Delivery.Purpose.ALERT,
        "chat",
        key="alert:chat:1",
        now=timezone.now(),
        incident=change.incident,
        occurrence=change.full[0],
        transition="opened",
    )
    outbox.owe([alert])
    return change.incident


def past_due() -> None:
    Delivery.objects.filter(status="pending").update(
        next_attempt_at=timezone.now() - timedelta(seconds=1)
    )


def test_mail_goes_out_when_the_channel_refuses_the_alert(chat: type[MemoryChannel]) -> None:
    chat.outcomes["chat"] = [Outcome(result=Result.PERMANENT, detail="token revoked")]
    owe_alert()

    outbox.send_due()
    sweep()

    assert [message.to for message in mail.outbox] == [["oncall@example.com"]]
    assert Delivery.objects.get(channel="oncall").key == "alert:chat:1:fallback"


def test_mail_goes_out_once_when_the_alert_keeps_failing(chat: type[MemoryChannel]) -> None:
    chat.outcomes["chat"] = [OSError() for _ in range(4)]
    owe_alert()

    for tries in range(1, 6):
        outbox.send_due()
        sweep()
        assert len(mail.outbox) == (tries >= 3), f"after {tries} tries"
        past_due()

    assert len(chat.sent["chat"]) == 1, "the first channel went on trying"


def test_mail_goes_out_when_the_alert_expires_unsent() -> None:
    owe_alert()
    Delivery.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    outbox.send_due()
    sweep()

    assert len(mail.outbox) == 1


def test_no_mail_goes_out_when_people_have_acted_meanwhile(chat: type[MemoryChannel]) -> None:
    chat.outcomes["chat"] = [Outcome(result=Result.PERMANENT)]
    incident = owe_alert()
    outbox.send_due()
    Incident.objects.filter(pk=incident.pk).update(status="acknowledged")

    sweep()

    assert mail.outbox == []
    assert Delivery.objects.get(channel="oncall").status == "cancelled"


def test_fallback_has_no_fallback_when_it_fails_as_well(configure: Callable[..., None]) -> None:
    quiet = {"BACKEND": MEMORY, "OPTIONS": {"FORWARDS": False}}
    configure(CHANNELS={"chat": quiet}, ONCALL_FALLBACK=[])
    MemoryChannel.outcomes["chat"] = [Outcome(result=Result.PERMANENT)]
    owe_alert()

    for _ in range(3):
        sweep()

    assert sorted(Delivery.objects.values_list("channel", "status")) == [
        ("chat", "dead"),
        ("oncall", "dead"),
    ]


@pytest.mark.parametrize(
    ("waited", "state", "told"),
    [
        (7, {"parked_until": timedelta(minutes=30)}, 1),
        (5, {"parked_until": timedelta(minutes=30)}, 0),
        (7, {"consecutive_failures": 9, "parked_until": timedelta(seconds=50)}, 1),
    ],
    ids=["rests for long", "not for long yet", "is down"],
)
def test_mail_goes_out_when_the_alert_waits_for_a_channel_that(
    chat: type[MemoryChannel], waited: int, state: dict[str, Any], told: int
) -> None:
    owe_alert()
    now = timezone.now()
    then = now - timedelta(minutes=waited)
    Delivery.objects.update(created_at=then, next_attempt_at=then)
    parked = {"parked_until": now + state.pop("parked_until")}
    ChannelState.objects.create(alias="chat", **state, **parked)

    for _ in range(3):
        sweep()

    assert len(mail.outbox) == told
    assert Delivery.objects.get(channel="chat").status == "pending", "it is still to come"
    assert "chat" not in chat.sent


def test_no_mail_goes_out_when_the_alert_is_late_and_its_channel_works(
    chat: type[MemoryChannel],
) -> None:
    owe_alert()
    then = timezone.now() - timedelta(minutes=30)
    Delivery.objects.update(created_at=then, next_attempt_at=then)

    sweep()

    assert mail.outbox == []
    assert len(chat.sent["chat"]) == 1


def test_no_mail_goes_out_when_the_alert_is_meant_for_later(chat: type[MemoryChannel]) -> None:
    owe_alert()
    now = timezone.now()
    later = {"next_attempt_at": now + timedelta(minutes=10)}
    Delivery.objects.update(created_at=now - timedelta(minutes=30), **later)
    ChannelState.objects.create(alias="chat", consecutive_failures=1)

    sweep()

    assert mail.outbox == []
