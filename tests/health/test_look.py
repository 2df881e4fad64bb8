from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from django.utils import timezone

from errorkit.health import look, problems_of
from errorkit.health.migrations import pending_migrations
from errorkit.health.summary import summary_of
from errorkit.models import ChannelState, Heartbeat
from errorkit.models.occurrence import columns_of
from errorkit.storage import hosts
from errorkit.storage.breaker import breaker
from errorkit.storage.hosts import tell_spool
from errorkit.storage.local import local_spool
from errorkit.testing import live
from tests.factories import make_delivery, make_occurrence, make_report, make_sweep

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def production(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.ERRORKIT = {"SPOOL_DIR": tmp_path / "state"}
    with live():
        yield


def test_facts_are_all_there_when_something_waits_everywhere() -> None:
    spool = local_spool()
    assert spool is not None
    spool.put(columns_of(make_report()))
    row = make_occurrence()
    type(row).objects.update(recorded_at=timezone.now() - timedelta(seconds=120))
    make_delivery()
    make_sweep(timezone.now() - timedelta(seconds=30))

    facts = look()

    assert facts.database is not None
    assert facts.spool.pending == 1
    assert facts.database.undigested_seconds >= 120
    assert facts.database.outbox_due == 1
    assert facts.database.sweep_seconds is not None
    assert 30 <= facts.database.sweep_seconds < 120
    assert facts.database.digest_seconds is None
    assert facts.database.written_seconds is not None
    assert facts.database.written_seconds >= 120
    assert facts.database.waiting
    assert facts.unmigrated == ()


def test_what_expired_today_is_counted_when_nobody_accepted_it_in_time() -> None:
    now = timezone.now()
    for days in (0, 0, 2):
        make_delivery(status="expired", finished_at=now - timedelta(days=days))
    make_delivery(status="accepted", finished_at=now)

    facts = look()

    assert facts.database is not None
    assert facts.database.expired == 2


def test_database_is_not_asked_when_the_breaker_is_open(
    django_assert_num_queries: Any,
) -> None:
    breaker.trip()

    with django_assert_num_queries(0):
        facts = look()

    assert facts.database is None
    assert "failed write" in facts.database_problem


@pytest.mark.django_db(transaction=True)
def test_facts_are_there_when_the_table_is_missing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE errorkit_delivery RENAME TO errorkit_gone")
    try:
        facts = look()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE errorkit_gone RENAME TO errorkit_delivery")

    assert facts.database is None
    assert facts.database_problem


def test_no_migration_is_pending_when_migrate_has_run() -> None:
    assert pending_migrations("default") == []


def test_spool_is_not_wanted_when_the_site_switched_it_off() -> None:
    with override_settings(ERRORKIT={"SPOOL_DIR": None}):
        facts = look()

    assert not facts.spool.wanted
    assert facts.spool.problem == ""


def test_channels_that_fail_are_named_when_they_are_not_parked() -> None:
    ChannelState.objects.create(alias="sentry", consecutive_failures=3, last_error="503")
    ChannelState.objects.create(alias="oncall")

    facts = look()

    assert facts.database is not None
    assert facts.database.failing == {"sentry": 3}
    assert [problem.code for problem in problems_of(facts)] == ["channel"]


def test_migrations_are_named_when_the_database_lacks_them() -> None:
    rows = MigrationRecorder(connection).migration_qs
    rows.filter(app="errorkit", name="0001_initial").update(app="gone")

    facts = look()

    assert facts.unmigrated == ("0001_initial",)
    assert [problem.code for problem in problems_of(facts)] == ["migrations"]


def test_spool_of_another_host_is_known_when_it_has_told(monkeypatch: pytest.MonkeyPatch) -> None:
    spool = local_spool()
    assert spool is not None
    spool.put(columns_of(make_report()))
    monkeypatch.setattr(hosts, "_told", (float("-inf"), 0))
    tell_spool()
    Heartbeat.objects.filter(name__startswith="spool:").update(name="spool:web-2", host="web-2")

    facts = look()

    assert facts.database is not None
    assert facts.database.spools["web-2"].pending == 1
    assert facts.database.spools["web-2"].oldest_seconds < 60


def test_host_tells_again_only_when_there_is_news(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    spool = local_spool()
    assert spool is not None
    monkeypatch.setattr(hosts, "_told", (float("-inf"), 0))
    tell_spool()

    with django_assert_num_queries(0):
        tell_spool()
    spool.put(columns_of(make_report()))
    tell_spool()

    assert Heartbeat.objects.get(name__startswith="spool:").data["pending"] == 1


def test_words_are_there_when_something_waits_everywhere() -> None:
    make_delivery()

    words = dict(summary_of(look()))

    assert words["Spool of this host"] == "0 waiting"
    assert words["Outbox"].startswith("1 waiting, the oldest for ")
    assert words["Last sweep"] == "never"
    assert words["Migrations to run"] == words["Channels that fail"] == "none"
