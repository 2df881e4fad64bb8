"""Several deliveries are claimed at once; what becomes of those whose turn does not come."""

import time
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from errorkit.delivery import claims, outbox, overdue
from errorkit.delivery.channels.base import Channel, DeliveryContext, Outcome, Result
from errorkit.delivery.channels.memory import MemoryChannel
from errorkit.delivery.sending import Batch
from errorkit.models import ChannelState, Delivery, DeliveryAttempt, Incident
from errorkit.reports.report import Report
from tests.delivery.factories import make_change

pytestmark = pytest.mark.django_db

Memory = type[MemoryChannel]


class Slow(Channel):
    """Takes a while."""

    forwards = True

    def send(self, report: Report, context: DeliveryContext) -> Outcome:
        time.sleep(0.05)
        return Outcome(result=Result.ACCEPTED)


class Acting(Channel):
    """While the first message leaves, somebody acknowledges everything."""

    def send(self, report: Report, context: DeliveryContext) -> Outcome:
        Incident.objects.update(status="acknowledged")
        return Outcome(result=Result.ACCEPTED)


def owe(full: int) -> None:
    outbox.owe_forwards([make_change(full=full)], timezone.now())


def owe_alerts(count: int, alias: str) -> None:
    for number in range(count):
        change = make_change()
        outbox.owe(
            [
                outbox.make_delivery(
                    Delivery.Purpose.ALERT,
                    alias,
                    key=f"alert:{number}",
                    now=timezone.now(),
                    incident=change.incident,
                    occurrence=change.full[0],
                    transition="opened",
                )
            ]
        )


def claim(limit: int = 50) -> list[Delivery]:
    now = timezone.now()
    return claims.claim_some(Delivery.objects.due(now), limit=limit, now=now)


def test_oldest_are_claimed_together_and_by_one_worker_when_several_are_due(memory: Memory) -> None:
    owe(5)

    first, second = claim(3), claim()

    assert len(first) == 3
    assert len(second) == 2
    assert not {each.pk for each in first} & {each.pk for each in second}
    assert len({each.lease_token for each in first}) == 1
    assert set(Delivery.objects.values_list("status", "attempts")) == {("sending", 1)}
    assert claim() == []


def test_rest_is_given_back_without_an_attempt_when_the_time_is_over(
    configure: Callable[..., None],
) -> None:
    configure(CHANNELS={"slow": {"BACKEND": f"{__name__}.Slow"}})
    owe(3)
    batch = Batch(ChannelState.objects.create(alias="slow"), claim())

    assert batch.send(until=time.monotonic(), limit=3) == 1

    rest = Delivery.objects.filter(status="pending")
    assert set(rest.values_list("attempts", "lease_token", "lease_until")) == {(0, None, None)}
    assert rest.count() == 2


def test_rest_is_given_back_when_the_claim_would_end_before_the_last_one_is_sent(
    configure: Callable[..., None],
) -> None:
    configure(CHANNELS={"slow": {"BACKEND": f"{__name__}.Slow"}}, LEASE_SECONDS=0.06)
    ChannelState.objects.create(alias="slow", last_seconds=0.0)
    owe(4)

    outbox.send_due()

    assert set(Delivery.objects.values_list("status", flat=True)) == {"accepted"}
    assert DeliveryAttempt.objects.filter(outcome="lost").count() == 0


def test_nothing_is_sent_when_the_worker_was_stopped_for_as_long_as_its_claim(
    memory: Memory,
) -> None:
    owe(2)
    batch = Batch(ChannelState.objects.create(alias="archive"), claim())
    for each in batch.waiting:
        each.lease_until = timezone.now() - timedelta(seconds=1)

    assert batch.send(until=time.monotonic() + 60, limit=2) == 0

    assert memory.sent == {}
    assert set(Delivery.objects.values_list("status", flat=True)) == {"pending"}


def test_one_is_claimed_at_a_time_when_the_channel_takes_as_long_as_the_lease(
    memory: Memory,
) -> None:
    ChannelState.objects.create(alias="archive", last_seconds=45.0)
    owe(3)
    memory.outcomes["archive"] = [Outcome(result=Result.LIMITED, detail="429", park_seconds=60)]

    outbox.send_due()

    assert Delivery.objects.filter(rate_limit_hits=1).count() == 1
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}


def test_what_has_cost_a_worker_is_claimed_alone(memory: Memory) -> None:
    owe(3)
    claim(2)
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert overdue.release_lost(timezone.now()) == 2
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))

    sizes = [len(claim()) for _ in range(4)]

    assert sorted(sizes) == [0, 1, 1, 1]
    assert Delivery.objects.filter(lost=1).count() == 2


def test_alerts_of_a_batch_are_cancelled_when_people_act_while_it_is_sent(
    configure: Callable[..., None],
) -> None:
    configure(CHANNELS={"desk": {"BACKEND": f"{__name__}.Acting"}})
    owe_alerts(3, "desk")

    outbox.send_due()

    statuses = Delivery.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["accepted", "cancelled", "cancelled"]


def test_nothing_is_given_back_to_a_worker_that_lost_its_claim(memory: Memory) -> None:
    owe(1)
    [mine] = claim()
    Delivery.objects.update(lease_token=uuid4())

    claims.give_back([mine])

    assert Delivery.objects.get().status == "sending"
