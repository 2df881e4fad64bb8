from collections.abc import Callable

import pytest
from django.db import connection, connections
from django.utils import timezone

from errorkit.models import Fingerprint, Heartbeat, Incident, Occurrence
from errorkit.models.occurrence import columns_of
from errorkit.storage.digest import LOCK, digest
from errorkit.storage.drain import drain, drain_lines
from errorkit.storage.lastwords import line_of
from errorkit.storage.local import local_spool
from errorkit.storage.spool import Spool
from errorkit.sweep import sweep
from tests.factories import make_light_report, make_report

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site_spool(production: Callable[..., None]) -> Spool:
    spool = local_spool()
    assert spool is not None
    return spool


def test_reports_are_in_the_database_when_the_spool_was_drained(site_spool: Spool) -> None:
    full, light = make_report(), make_light_report()
    site_spool.put(columns_of(full))
    site_spool.put(columns_of(light))

    assert drain().moved == 2

    assert Occurrence.objects.get(pk=full.id).report.title == full.title
    assert Occurrence.objects.get(pk=light.id).payload == ""
    assert site_spool.pending() == 0
    assert drain().moved == 0


def test_everything_leaves_in_one_sweep_when_reports_are_large(
    site_spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("spool", "drain"):
        monkeypatch.setattr(f"errorkit.storage.{module}.MOST_TEXT", 1)
    for _ in range(3):
        site_spool.put(columns_of(make_report()))

    assert drain().more
    assert sweep(deliver=False).drained == 2

    assert (Occurrence.objects.count(), site_spool.pending()) == (3, 0)


def test_nothing_is_stored_twice_when_a_drainer_died_before_it_removed(site_spool: Spool) -> None:
    report = make_report()
    Occurrence.from_report(report).save(force_insert=True)
    site_spool.put(columns_of(report))
    site_spool.put(columns_of(make_report()))

    drain()

    assert (Occurrence.objects.count(), site_spool.pending()) == (2, 0)


def test_only_poison_is_put_aside_when_a_batch_holds_some(site_spool: Spool) -> None:
    good = make_report()
    site_spool.put(columns_of(make_report()) | {"status": "nonsense"})
    site_spool.put(columns_of(good))
    site_spool._run(
        lambda connection: connection.execute(
            "INSERT INTO report (row, payload, at) VALUES ('no json', '', 0)"
        )
    )

    drain()

    assert [row.pk for row in Occurrence.objects.all()] == [good.id]
    assert (site_spool.pending(), site_spool.quarantined()) == (0, 2)


def test_counts_are_exact_when_failures_were_only_counted(site_spool: Spool) -> None:
    for _ in range(7):
        site_spool.count(columns_of(make_light_report()))

    assert drain().moved == 0
    assert drain(counts_too=True).moved == 1

    incident = Incident.objects.get()
    assert (incident.times_seen, incident.times_light) == (7, 7)


def test_reports_have_their_incident_and_are_counted_once_when_they_leave_the_spool(
    site_spool: Spool,
) -> None:
    for number in range(5):
        make = make_report if number % 2 else make_light_report
        site_spool.put(columns_of(make()))

    moved = drain()

    assert (moved.moved, moved.digested) == (5, 5)
    assert digest().digested == 0
    incident = Incident.objects.get()
    assert (incident.times_seen, incident.times_light) == (5, 3)
    assert Occurrence.objects.filter(incident=incident).count() == 5
    assert [row.count for row in incident.hourly_counts.all()] == [5]


def test_reports_are_stored_for_whoever_has_the_turn_when_another_process_digests(
    site_spool: Spool,
) -> None:
    if not connection.features.has_select_for_update_skip_locked:
        pytest.skip("without SKIP LOCKED a turn is waited for")
    Heartbeat.objects.create(name=LOCK, at=timezone.now())
    site_spool.put(columns_of(make_report()))
    other = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM errorkit_heartbeat WHERE name = 'digest' FOR UPDATE")
        moved = drain()
    finally:
        other.close()

    assert (moved.moved, moved.digested) == (1, 0)
    assert Occurrence.objects.get().incident is None
    assert digest().digested == 1


def test_good_reports_are_stored_without_an_incident_when_poison_took_the_batch_back(
    site_spool: Spool,
) -> None:
    good = make_report()
    site_spool.put(columns_of(good))
    site_spool.put(columns_of(make_report()) | {"times": "many"})

    drain()

    assert Occurrence.objects.get().pk == good.id
    assert Occurrence.objects.get().incident is None
    assert not Fingerprint.objects.exists()
    assert digest().digested == 1
    assert Incident.objects.get().times_seen == 1


def test_columns_of_another_version_are_dropped_when_a_deploy_shares_the_spool(
    site_spool: Spool,
) -> None:
    report = make_report()
    columns = columns_of(report)
    del columns["user_label"]
    site_spool.put(columns | {"from_the_future": 1})

    drain()

    assert Occurrence.objects.get(pk=report.id).user_label == ""


def test_lines_are_stored_once_when_a_log_is_drained_twice() -> None:
    lines = [line_of(columns_of(make_report())).decode() for _ in range(3)]

    assert [drain_lines(lines), drain_lines(lines)] == [3, 0]

    assert Occurrence.objects.filter(full=False).count() == 3
