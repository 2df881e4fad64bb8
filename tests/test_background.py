import sys
import threading
import time
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.db import OperationalError, connection
from django.utils import timezone

from errorkit import background, capture_exception
from errorkit.models import Alert, Delivery, EscalationPolicy, Heartbeat, Incident, Route
from errorkit.storage.local import local_spool
from errorkit.sweep import OVERDUE, SweepResult, leave_sign_of_life, sweep
from errorkit.testing import live
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def production(settings: Any, tmp_path: Any) -> Any:
    settings.ERRORKIT = {"SPOOL_DIR": tmp_path / "state"}
    with live():
        yield


def fail(number: int = 0) -> None:
    try:
        raise ZeroDivisionError("division by zero")
    except ZeroDivisionError as error:
        capture_exception(error, context={"number": {"is": number}})


def worker_threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name == "errorkit-background"]


def test_incident_is_counted_when_failures_went_through_the_spool(production: None) -> None:
    connection.close()

    for number in range(5):
        fail(number)

    wait_until(lambda: Incident.objects.filter(times_seen=5).exists(), what="the incident")
    spool = local_spool()
    assert spool is not None
    assert spool.pending() == 0


def test_incident_is_counted_when_failures_went_into_the_database(production: None) -> None:
    connection.ensure_connection()

    fail()

    wait_until(lambda: Incident.objects.filter(times_seen=1).exists(), what="the incident")


def test_one_thread_runs_when_many_fail_and_none_when_idle(
    production: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "IDLE", 0.1)
    for number in range(20):
        fail(number)

    assert len(worker_threads()) <= 1
    wait_until(lambda: Incident.objects.filter(times_seen=20).exists(), what="the incident")
    wait_until(lambda: not worker_threads(), what="the end of the thread")
    fail()
    wait_until(lambda: Incident.objects.filter(times_seen=21).exists(), what="another thread")


def test_leftovers_are_taken_up_when_a_process_starts(production: None, client: Any) -> None:
    connection.close()
    monkey = background._worker
    monkey._leaving.set()  # this process dies before its thread gets anywhere
    fail()
    background.rest(0)

    background.look_for_leftovers()

    wait_until(lambda: Incident.objects.filter(times_seen=1).exists(), what="the incident")


def test_no_thread_is_started_when_there_are_no_leftovers(production: None) -> None:
    background.look_for_leftovers()

    assert worker_threads() == []


def test_no_thread_is_started_when_uwsgi_has_none(
    production: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uwsgi", SimpleNamespace(has_threads=0))

    fail()

    assert worker_threads() == []


def test_thread_lives_on_when_the_spool_is_busy_during_an_outage(
    production: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = local_spool()
    assert spool is not None
    failed = threading.Event()

    def fail_once() -> SweepResult:
        if not failed.is_set():
            failed.set()
            raise OperationalError("the database is gone")
        return sweep(deliver=False)

    monkeypatch.setattr(background, "OUTAGE_AFTER", 1)
    monkeypatch.setattr(background, "_sweep", fail_once)
    monkeypatch.setattr("errorkit.storage.spool.LOCK_SECONDS", 0.05)
    with spool._lock:
        background.wake()
        wait_until(failed.is_set, what="the round that fails")
        monkeypatch.setattr("errorkit.storage.spool.LOCK_SECONDS", 0.5)
    fail()

    wait_until(lambda: Incident.objects.filter(times_seen=1).exists(), what="the incident")


def test_alert_leaves_when_the_sweeper_dies_just_before_the_failure(
    production: None, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.ERRORKIT |= {"ONCALL_FALLBACK": ["ops@example.com"]}
    monkeypatch.setattr(background, "IDLE", 0.1)
    monkeypatch.setattr(background, "WATCH", 0.5)
    leave_sign_of_life("sweep")

    fail()
    wait_until(lambda: Delivery.objects.filter(status="pending").exists(), what="the alert")
    Heartbeat.objects.update(at=timezone.now() - OVERDUE)

    wait_until(lambda: mail.outbox, what="the mail")
    wait_until(lambda: not worker_threads(), what="the end of the thread")


def test_next_step_runs_when_nobody_sweeps_and_nothing_else_fails(
    production: None, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.ERRORKIT |= {"ONCALL_FALLBACK": ["ops@example.com"]}
    monkeypatch.setattr(background, "IDLE", 0.1)
    monkeypatch.setattr(background, "WATCH", 0.2)
    policy = EscalationPolicy.objects.create(name="Web", repeats=0, repeat_minutes=0)
    for position in range(2):
        policy.steps.create(position=position, target="channel", target_id="oncall", wait_minutes=1)
    Route.objects.create(name="all", policy=policy)

    fail()
    wait_until(lambda: len(mail.outbox) == 1, what="the first mail")
    assert worker_threads()
    Alert.objects.update(next_step_at=timezone.now())

    wait_until(lambda: len(mail.outbox) == 2, what="the second mail")
    wait_until(lambda: not worker_threads(), what="the end of the thread")


def test_rounds_keep_their_distance_when_failures_keep_coming(
    production: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "GATHER", 0.01)
    monkeypatch.setattr(background, "SPACING", 0.3)
    began: list[float] = []

    def note_round() -> SweepResult:
        began.append(time.monotonic())
        if len(began) < 4:
            background.wake()
        return SweepResult()

    monkeypatch.setattr(background, "_sweep", note_round)
    background.wake()
    wait_until(lambda: len(began) == 4, what="four rounds")

    assert min(later - earlier for earlier, later in pairwise(began)) >= 0.3


def test_nothing_waits_for_the_next_round_when_the_process_leaves(
    production: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "SPACING", 600.0)
    fail()
    wait_until(lambda: Incident.objects.filter(times_seen=1).exists(), what="the first round")
    fail()

    background.rest(60.0)

    assert Incident.objects.filter(times_seen=2).exists()
    assert worker_threads() == []
