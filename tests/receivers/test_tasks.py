"""Celery, run for real inside the process: its tracer sends every signal that a worker's does."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from celery.app.trace import build_tracer

from errorkit import get_request_id, set_context, set_tag
from errorkit.models import Occurrence
from errorkit.receivers import connect_celery
from errorkit.receivers.tasks import HEADER
from errorkit.request_ids import bind, unbind

pytestmark = pytest.mark.django_db

connect_celery()


class ExpectedError(Exception):
    pass


@pytest.fixture
def app() -> Iterator[Celery]:
    app = Celery("tests", set_as_current=False)
    app.conf.update(broker_url="memory://", task_always_eager=False, task_store_eager_result=False)
    yield app
    app.close()


def run(app: Celery, task: Any, *, task_id: str = "task-1", **request: Any) -> None:
    """Run a task as a worker does when it has received this message."""
    task.bind(app)
    tracer = build_tracer(task.name, task, app=app, eager=False)
    tracer(task_id, (), {}, {"id": task_id, "retries": 0, "is_eager": False, **request})


def make_task(app: Celery, function: Any, **options: Any) -> Any:
    # Shared tasks, which is the default, would turn up in the apps of other tests.
    return app.task(name=options.pop("name", "host.work"), shared=False, **options)(function)


def fail() -> None:
    raise ZeroDivisionError("the task failed")


def test_task_is_captured_when_it_fails_for_good(app: Celery) -> None:
    run(app, make_task(app, fail))

    row = Occurrence.objects.get()
    assert row.kind == "task"
    assert row.report.context["task"]["name"] == "host.work"
    assert not row.report.handled


def test_nothing_of_the_task_before_is_left_when_the_next_one_fails(app: Celery) -> None:
    def note() -> None:
        set_tag("name", "ada")
        set_context("basket", {"of": "ada"})

    run(app, make_task(app, note, name="host.note"))
    run(app, make_task(app, fail))

    report = Occurrence.objects.get().report
    assert report.tags == {}
    assert "basket" not in report.context


def test_task_is_not_captured_when_its_author_expected_that(app: Celery) -> None:
    def expected() -> None:
        raise ExpectedError

    run(app, make_task(app, expected, throws=(ExpectedError,)))

    assert not Occurrence.objects.exists()


def test_task_is_not_captured_when_it_is_errorkits_own(app: Celery) -> None:
    run(app, make_task(app, fail, name="errorkit.sweep"))

    assert not Occurrence.objects.exists()


@pytest.mark.parametrize(("setting", "expected"), [("off", 0), ("final", 1), ("all", 1)])
def test_final_failure_is_captured_when_the_setting_says_so(
    app: Celery, settings: Any, setting: str, expected: int
) -> None:
    settings.ERRORKIT = {"CAPTURE_CELERY": setting}

    run(app, make_task(app, fail))

    assert Occurrence.objects.count() == expected


@pytest.mark.parametrize(("setting", "expected"), [("final", 0), ("all", 1)])
def test_attempt_is_captured_when_it_is_retried_and_all_are_wanted(
    app: Celery, settings: Any, setting: str, expected: int
) -> None:
    settings.ERRORKIT = {"CAPTURE_CELERY": setting}

    def retry(self: Any) -> None:
        try:
            fail()
        except ZeroDivisionError as error:
            raise self.retry(exc=error, countdown=60) from error

    run(app, make_task(app, retry, bind=True, max_retries=3))

    assert Occurrence.objects.count() == expected


def test_task_runs_under_the_id_of_the_request_that_sent_it(app: Celery) -> None:
    seen: list[str | None] = []

    def look() -> None:
        seen.append(get_request_id())

    task = make_task(app, look)

    run(app, task, **{HEADER: "request-0001"})
    run(app, task)

    assert seen[0] == "request-0001"
    assert seen[1] not in {None, "request-0001"}
    assert get_request_id() is None


def test_occurrence_has_the_requests_id_when_the_task_fails(app: Celery) -> None:
    run(app, make_task(app, fail), **{HEADER: "request-0001"})

    assert Occurrence.objects.get().request_id == "request-0001"


@pytest.mark.trap("T46")
def test_request_keeps_its_id_when_a_task_runs_eagerly_inside_it(app: Celery) -> None:
    seen: list[str | None] = []

    def look() -> None:
        seen.append(get_request_id())

    app.conf.task_always_eager = True
    task = make_task(app, look)
    token = bind("request-0001")
    try:
        task.delay()
        assert get_request_id() == "request-0001"
    finally:
        unbind(token)

    assert seen == ["request-0001"]


def test_id_travels_when_a_request_sends_a_message(app: Celery) -> None:
    task = make_task(app, fail)
    token = bind("request-0001")
    try:
        with app.connection_for_write() as connection:
            task.apply_async(connection=connection, queue="sent")
            queue = connection.SimpleQueue("sent")
            message = queue.get(timeout=5)
    finally:
        unbind(token)

    assert message.headers[HEADER] == "request-0001"
    queue.close()
