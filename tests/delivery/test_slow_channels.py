"""A channel that takes its time, or never answers, does not hold up the others."""

import time
from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest
from django.utils import timezone

from errorkit.delivery import claims, outbox, states
from errorkit.delivery.channels.base import Channel, DeliveryContext, Outcome, Result
from errorkit.models import ChannelState, Delivery
from errorkit.reports.report import Report
from tests.delivery.factories import make_change


class Noting(Channel):
    """Notes the order; the alias `slow` takes longer than what is slow, and lets a fast delivery come meanwhile."""

    forwards = True
    order: ClassVar[list[str]] = []

    def send(self, report: Report, context: DeliveryContext) -> Outcome:
        self.order.append(self.alias)
        if self.alias == "slow":
            time.sleep(0.02)
            owe("fast", f"late:{context.key}")
        return Outcome(result=Result.ACCEPTED)


def owe(alias: str, key: str) -> None:
    change = make_change()
    row = outbox.make_delivery(
        Delivery.Purpose.FORWARD,
        alias,
        key=key,
        now=timezone.now(),
        incident=change.incident,
        occurrence=change.full[0],
    )
    outbox.owe([row])


@pytest.fixture
def noting(
    configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[type[Noting]]:
    monkeypatch.setattr(states, "SLOW", 0.01)
    backend = {"BACKEND": f"{__name__}.Noting"}
    configure(CHANNELS={"slow": backend, "fast": backend})
    yield Noting
    Noting.order.clear()


@pytest.mark.django_db
def test_fast_channel_comes_next_when_one_try_was_slow(noting: type[Noting]) -> None:
    for number in range(3):
        owe("slow", f"slow:{number}")

    assert outbox.send_due() == 6

    assert noting.order == ["slow", "fast"] * 3


@pytest.mark.django_db
def test_channel_is_left_alone_when_another_worker_waits_for_its_answer_in_vain(
    noting: type[Noting],
) -> None:
    for number in range(2):
        owe("slow", f"slow:{number}")
    state = ChannelState.objects.create(alias="slow", last_seconds=7.0, consecutive_failures=1)
    now = timezone.now()
    [probe] = claims.claim_some(Delivery.objects.due(now), limit=1, now=now)

    assert outbox.send_due() == 0

    claims.give_back([probe])
    assert outbox.send_due() == 4
    state.refresh_from_db()
    assert state.consecutive_failures == 0
