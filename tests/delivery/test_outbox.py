from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import override_settings
from django.utils import timezone

from errorkit.delivery import claims, outbox, overdue
from errorkit.delivery.channels.base import Outcome, Result
from errorkit.delivery.channels.memory import MemoryChannel
from errorkit.exceptions import InvalidChannelError
from errorkit.models import ChannelState, Delivery, DeliveryAttempt
from errorkit.models.transitions import Change, Transition
from errorkit.reports.identity import make_occurrence_id
from tests.delivery.conftest import MEMORY
from tests.delivery.factories import make_change, make_incident, make_occurrence, only

pytestmark = pytest.mark.django_db

Memory = type[MemoryChannel]


def owe(change: Change) -> Change:
    outbox.owe_forwards([change], timezone.now())
    return change


def past_due(**values: object) -> None:
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1), **values)


def test_full_occurrences_are_owed_once_each_when_the_batch_is_digested_twice(
    memory: Memory,
) -> None:
    change = make_change(full=3)

    owe(change)
    owe(change)

    keys = {f"forward:archive:{occurrence.pk.hex}" for occurrence in change.full}
    assert set(Delivery.objects.values_list("key", flat=True)) == keys


def test_nothing_is_owed_when_no_channel_forwards(configure: Callable[..., None]) -> None:
    configure(CHANNELS={"quiet": {"BACKEND": MEMORY, "OPTIONS": {"FORWARDS": False}}})

    assert outbox.owe_forwards([make_change()], timezone.now()) == 0
    assert not Delivery.objects.exists()


def test_other_channels_are_owed_when_one_cannot_be_built(
    configure: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    configure(CHANNELS={"typo": {"BACKEND": "no.such.Channel"}, "good": {"BACKEND": MEMORY}})

    owe(make_change())

    assert only().channel == "good"
    assert "typo" in caplog.text


def test_deliveries_are_skipped_with_a_reason_when_debug_is_on(memory: Memory) -> None:
    with override_settings(DEBUG=True):
        owe(make_change())

    assert only().status == "skipped"
    assert "DEBUG" in only().reason
    assert outbox.send_due() == 0


def test_light_occurrences_are_told_once_when_the_next_full_one_leaves(memory: Memory) -> None:
    incident = make_incident()
    owe(make_change(full=0, light=7, incident=incident))
    owe(make_change(Transition.REPEATED, full=2, light=4, incident=incident))
    owe(make_change(Transition.REPEATED, full=1, incident=incident))

    told = Delivery.objects.order_by("pk").values_list("light_before", flat=True)
    assert list(told) == [0, 11, 0]


def test_delivery_is_accepted_with_one_attempt_row_when_the_channel_takes_it(
    memory: Memory,
) -> None:
    change = owe(make_change())

    assert outbox.send_due() == 1

    report, context = memory.sent["archive"][0]
    assert report.id == change.full[0].pk
    assert context.key == only().key
    assert only().status == "accepted"
    assert only().finished_at is not None
    assert only().lease_token is None
    assert list(DeliveryAttempt.objects.values_list("number", "outcome")) == [(1, "accepted")]


def test_delivery_waits_for_its_next_attempt_when_the_channel_fails(memory: Memory) -> None:
    memory.outcomes["archive"] = [OSError("refused")]
    owe(make_change())

    outbox.send_due()

    assert outbox.send_due() == 0
    row = only()
    assert (row.status, row.attempts) == ("pending", 1)
    assert row.next_attempt_at > timezone.now() + timedelta(seconds=20)
    assert row.last_error == "OSError: refused"
    past_due()
    assert outbox.send_due() == 1
    assert only().status == "accepted"
    assert DeliveryAttempt.objects.count() == 2


def test_delivery_is_dead_when_the_channel_refuses_it_for_good(
    memory: Memory, caplog: pytest.LogCaptureFixture
) -> None:
    memory.outcomes["archive"] = [Outcome(result=Result.PERMANENT, detail="400", status_code=400)]
    owe(make_change())

    outbox.send_due()

    assert only().status == "dead"
    assert "is dead" in caplog.text


def test_delivery_is_dead_when_its_attempts_are_used_up(memory: Memory) -> None:
    memory.outcomes["archive"] = [OSError(), OSError()]
    owe(make_change())
    past_due(max_attempts=2)

    outbox.send_due()
    past_due()
    outbox.send_due()

    assert (only().status, only().attempts) == ("dead", 2)


def test_channel_is_parked_and_no_attempt_spent_when_it_is_rate_limited(
    memory: Memory, caplog: pytest.LogCaptureFixture
) -> None:
    limited = Outcome(result=Result.LIMITED, detail="429", status_code=429, park_seconds=60)
    memory.outcomes["archive"] = [limited]
    owe(make_change(full=3))

    assert outbox.send_due() == 1

    assert "channel archive rests for 60 s: 429" in caplog.text
    first = Delivery.objects.get(rate_limit_hits=1)
    assert (first.status, first.attempts) == ("pending", 0)
    past_due()
    assert outbox.send_due() == 0
    outbox.deliver(first.pk)
    assert "archive" not in memory.sent
    ChannelState.objects.update(parked_until=timezone.now() - timedelta(seconds=1))
    assert outbox.send_due() == 3
    assert len(memory.sent["archive"]) == 3


def test_delivery_waits_no_longer_than_its_channel_when_upstream_asks_for_years(
    memory: Memory,
) -> None:
    memory.outcomes["archive"] = [Outcome(result=Result.LIMITED, park_seconds=1e9)]
    owe(make_change())

    outbox.send_due()

    hour = timezone.now() + timedelta(hours=1)
    assert only().next_attempt_at <= hour
    assert ChannelState.objects.filter(parked_until__lte=hour).exists()


def test_channel_is_parked_after_an_accepted_delivery_when_upstream_asks_for_it(
    memory: Memory,
) -> None:
    memory.outcomes["archive"] = [Outcome(result=Result.ACCEPTED, park_seconds=30)]
    owe(make_change(full=2))

    assert outbox.send_due() == 1
    assert sorted(Delivery.objects.values_list("status", flat=True)) == ["accepted", "pending"]


def test_backlog_is_due_at_once_when_a_broken_channel_accepts_again(memory: Memory) -> None:
    memory.outcomes["archive"] = [OSError() for _ in range(5)]
    owe(make_change(full=8))
    assert outbox.send_due() == 5, "five failures in a row trip the breaker"
    assert outbox.send_due() == 0
    ChannelState.objects.update(parked_until=None)

    assert outbox.send_due() >= 3
    outbox.send_due()

    assert set(Delivery.objects.values_list("status", flat=True)) == {"accepted"}
    assert ChannelState.objects.get().consecutive_failures == 0


def test_one_failure_parks_the_channel_when_its_breaker_had_tripped(memory: Memory) -> None:
    memory.outcomes["archive"] = [OSError() for _ in range(6)]
    owe(make_change(full=8))
    outbox.send_due()
    ChannelState.objects.update(parked_until=None)

    assert outbox.send_due() == 1


def test_message_is_trimmed_and_sent_again_when_it_is_too_large(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryChannel, "max_trim", 2)
    memory.outcomes["archive"] = [Outcome(result=Result.TOO_LARGE)] * 2
    owe(make_change())

    for _ in range(3):
        outbox.send_due()

    assert memory.sent["archive"][0][1].trim == 2
    assert only().attempts == 1


def test_message_is_dead_when_it_is_too_large_at_every_size(memory: Memory) -> None:
    memory.outcomes["archive"] = [Outcome(result=Result.TOO_LARGE, detail="413")]
    owe(make_change())

    outbox.send_due()

    assert only().status == "dead"


def test_row_is_skipped_with_the_reason_when_the_channel_decides_so(memory: Memory) -> None:
    memory.outcomes["archive"] = [Outcome(result=Result.SKIPPED, detail="somebody else does")]
    owe(make_change())

    outbox.send_due()

    assert (only().status, only().reason) == ("skipped", "somebody else does")


def test_row_expires_when_its_time_is_over(memory: Memory) -> None:
    owe(make_change())
    past_due(expires_at=timezone.now() - timedelta(seconds=1))

    assert outbox.send_due() == 0
    assert only().status == "expired"


def test_row_expires_loudly_when_its_time_ends_between_claim_and_try(
    memory: Memory, caplog: pytest.LogCaptureFixture
) -> None:
    owe(make_change())
    now = timezone.now()
    [mine] = claims.claim_some(Delivery.objects.due(now), limit=1, now=now)

    claims.cancel(mine, Delivery.Status.EXPIRED, "too old", now)

    assert (only().status, only().attempts) == ("expired", 0)
    assert "expired before its channel" in caplog.text


def test_row_waits_when_its_channel_is_not_configured_here(
    memory: Memory, configure: Callable[..., None]
) -> None:
    owe(make_change())
    configure(CHANNELS={})

    outbox.send_due()

    assert only().status == "pending"
    assert "archive" in only().last_error


def test_row_is_cancelled_when_its_occurrence_is_gone(memory: Memory) -> None:
    change = owe(make_change())
    change.full[0].delete()

    outbox.send_due()

    assert (only().status, only().attempts) == ("cancelled", 0)


def test_row_is_dead_when_its_report_cannot_be_read(memory: Memory) -> None:
    change = owe(make_change())
    change.full[0].payload = "{"
    change.full[0].save()

    outbox.send_due()

    assert only().status == "dead"
    assert "unreadable" in only().last_error


def test_claim_is_given_once_when_two_workers_ask(memory: Memory) -> None:
    owe(make_change())

    assert claims.claim(only().pk, uuid4(), timezone.now())
    assert not claims.claim(only().pk, uuid4(), timezone.now())


def test_lost_worker_leaves_an_attempt_row_when_its_lease_has_run_out(memory: Memory) -> None:
    owe(make_change())
    claims.claim(only().pk, uuid4(), timezone.now())
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    assert outbox.send_due() == 1

    outcomes = DeliveryAttempt.objects.order_by("number").values_list("number", "outcome")
    assert list(outcomes) == [(1, "lost"), (2, "accepted")]


def test_delivery_is_dead_when_it_has_cost_five_workers(memory: Memory) -> None:
    owe(make_change())
    for _ in range(5):
        assert claims.claim(only().pk, uuid4(), timezone.now())
        Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        overdue.release_lost(timezone.now())

    assert only().status == "dead"


def test_late_worker_changes_nothing_when_another_one_has_taken_over(memory: Memory) -> None:
    owe(make_change())
    claims.claim(only().pk, uuid4(), timezone.now())
    late = only()
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    outbox.send_due()

    failed = Outcome(result=Result.PERMANENT, detail="late")
    now = timezone.now()
    state = ChannelState.objects.get()
    assert not claims.finish(late, failed, state=state, max_trim=0, started_at=now, now=now)
    assert only().status == "accepted"
    assert DeliveryAttempt.objects.filter(detail="late").exists()


@pytest.mark.parametrize(("lost", "status"), [(1, "accepted"), (0, "pending")])
def test_late_worker_says_that_it_arrived_when_nobody_has_begun_anew(
    memory: Memory, lost: int, status: str
) -> None:
    owe(make_change())
    claims.claim(only().pk, uuid4(), timezone.now())
    late = only()
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    overdue.release_lost(timezone.now())
    # People who ask for another try set the count back.
    Delivery.objects.update(lost=lost)

    now = timezone.now()
    state = ChannelState.objects.create(alias="archive")
    arrived = Outcome(result=Result.ACCEPTED, upstream_id="7")
    claims.finish(late, arrived, state=state, max_trim=0, started_at=now, now=now)

    assert only().status == status
    assert outbox.send_due() == (0 if lost else 1)


def test_ended_delivery_is_sent_again_with_the_same_key_when_retried(memory: Memory) -> None:
    memory.outcomes["archive"] = [Outcome(result=Result.PERMANENT, detail="400")]
    owe(make_change())
    outbox.send_due()
    key = only().key

    assert outbox.retry(only())
    assert not outbox.retry(only())
    outbox.send_due()

    assert (only().status, only().key) == ("accepted", key)


def test_slow_channel_comes_last_when_several_have_work(configure: Callable[..., None]) -> None:
    configure(CHANNELS={"slow": {"BACKEND": MEMORY}, "fast": {"BACKEND": MEMORY}})
    MemoryChannel.clear()
    ChannelState.objects.create(alias="slow", last_seconds=4.0)
    owe(make_change(full=2))

    outbox.send_due()

    assert list(MemoryChannel.sent) == ["fast", "slow"]


def test_unknown_delivery_is_no_error_when_a_worker_is_told_of_it() -> None:
    outbox.deliver(123)


def test_range_is_owed_to_a_channel_when_it_was_added_later(
    memory: Memory, configure: Callable[..., None]
) -> None:
    incident = make_incident()
    noon = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    for minutes in (-5, 0, 5, 10):
        at = noon + timedelta(minutes=minutes)
        late = UUID(int=(int(at.timestamp() * 1000) << 80) | (make_occurrence_id().int & 2**80 - 1))
        make_occurrence(incident, id=late, occurred_at=at)

    owed = outbox.backfill("archive", since=noon, until=noon + timedelta(minutes=10))
    outbox.backfill("archive", since=noon, until=noon + timedelta(minutes=10))

    assert (owed, Delivery.objects.count()) == (2, 2)
    outbox.send_due()
    assert len(memory.sent["archive"]) == 2


def test_range_is_what_the_routes_let_through_when_the_channel_is_routed(
    configure: Callable[..., None],
) -> None:
    incident = make_incident()
    rows = [
        make_occurrence(incident, level=level, occurred_at=timezone.now() - timedelta(minutes=ago))
        for level, ago in (("fatal", 3), ("fatal", 2), ("warning", 1))
    ]
    incident.first_seen = rows[0].occurred_at
    incident.save()
    new = {"CHANNELS": ["new"], "TRANSITIONS": ["opened"]}
    loud = {"CHANNELS": ["loud"], "LEVELS": ["fatal"]}
    channels = {alias: {"BACKEND": MEMORY} for alias in ("new", "loud", "all")}
    configure(CHANNELS=channels, ROUTES=[new, loud])

    range_ = {"since": timezone.now() - timedelta(hours=1), "until": timezone.now()}
    owed = {alias: outbox.backfill(alias, **range_) for alias in channels}

    assert owed == {"new": 1, "loud": 2, "all": 3}
    assert Delivery.objects.get(channel="new").occurrence_id == rows[0].pk


def test_range_is_refused_when_the_channel_takes_no_forwards(
    configure: Callable[..., None],
) -> None:
    now = timezone.now()
    with pytest.raises(InvalidChannelError, match="no forwards"):
        outbox.backfill("oncall", since=now, until=now)
