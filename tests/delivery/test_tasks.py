from uuid import uuid4

import pytest
from celery import Celery
from django.utils import timezone

from errorkit import tasks
from errorkit.beat import beat_schedule
from errorkit.delivery import outbox
from errorkit.delivery.channels.memory import MemoryChannel
from errorkit.models import Heartbeat, Occurrence
from errorkit.testing import live
from tests.delivery.factories import make_change, make_report, only

Memory = type[MemoryChannel]


@pytest.mark.django_db(transaction=True)
def test_sweep_digests_and_delivers_when_a_worker_runs_it(memory: Memory) -> None:
    Occurrence.from_report(make_report()).save()

    with live():
        tasks.sweep()

    assert only(purpose="forward").status == "accepted"
    assert len(memory.sent["archive"]) == 1
    assert Heartbeat.objects.filter(name="sweep").exists()


@pytest.mark.django_db
def test_one_delivery_leaves_when_a_worker_is_told_its_id(memory: Memory) -> None:
    outbox.owe_forwards([make_change(full=2)], timezone.now())
    first = outbox.Delivery.objects.order_by("pk")[0]

    tasks.deliver(first.pk)
    tasks.deliver(first.pk)

    assert len(memory.sent["archive"]) == 1


def test_nothing_is_raised_when_the_database_cannot_be_used(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Without the mark, pytest-django refuses every query with an exception.
    for task in (tasks.sweep, tasks.prune):
        task()
    tasks.deliver(uuid4().int % 1000)

    assert caplog.text.count("the next round tries again") == 3


def test_tasks_have_the_promised_names_when_an_app_finds_them() -> None:
    app = Celery("host", set_as_current=False)
    app.autodiscover_tasks(["errorkit"], force=True)
    app.finalize()

    for name in ("errorkit.sweep", "errorkit.deliver", "errorkit.prune"):
        task = app.tasks[name]
        assert (task.ignore_result, task.max_retries, task.expires) == (True, 0, 600)


def test_schedule_names_tasks_that_exist_when_it_is_put_into_the_settings() -> None:
    schedule = beat_schedule(sweep_seconds=2.0, queue="slow")
    app = Celery("host", set_as_current=False)
    app.conf.beat_schedule = schedule
    app.finalize()

    assert {entry["task"] for entry in schedule.values()} <= set(app.tasks)
    assert schedule["errorkit-sweep"]["schedule"] == 2.0
    assert all(entry["options"]["queue"] == "slow" for entry in schedule.values())
