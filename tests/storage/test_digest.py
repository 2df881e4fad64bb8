from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from errorkit import signals
from errorkit.models import Activity, Fingerprint, HourlyCount, Incident, Occurrence
from errorkit.models.transitions import Transition
from errorkit.storage.digest import digest
from tests.factories import (
    FINGERPRINT,
    make_fingerprint,
    make_incident,
    make_light_report,
    make_occurrence,
    make_report,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_incident_opens_when_a_fingerprint_is_new() -> None:
    make_occurrence(occurred_at=NOON, title="First")
    make_occurrence(occurred_at=NOON + timedelta(minutes=5), release="1.5")

    result = digest()

    incident = Incident.objects.get()
    assert (incident.title, incident.times_seen, incident.times_light) == ("First", 2, 0)
    assert incident.first_seen == NOON
    assert incident.last_seen == NOON + timedelta(minutes=5)
    assert (incident.first_release, incident.last_release) == ("1.4.2", "1.5")
    assert [change.transition for change in result.changes] == [Transition.OPENED]
    assert Fingerprint.objects.get().value == FINGERPRINT
    assert Activity.objects.get().kind == Activity.Kind.OPENED
    assert not Occurrence.objects.undigested().exists()


def test_counts_grow_when_the_incident_is_known() -> None:
    make_occurrence()
    digest()
    newest = make_occurrence()
    make_occurrence(report=make_light_report())

    [change] = digest().changes

    incident = Incident.objects.get()
    assert (incident.times_seen, incident.times_light) == (3, 1)
    assert incident.last_full_id == newest.pk
    assert change.transition is Transition.REPEATED
    assert [row.pk for row in change.full] == [newest.pk]
    assert change.light == 1
    assert change.incident.times_seen == 3
    assert Activity.objects.count() == 1


def test_a_row_counts_many_times_when_it_stands_for_many() -> None:
    row = make_occurrence(report=make_light_report())
    Occurrence.objects.filter(pk=row.pk).update(times=40)

    digest()

    incident = Incident.objects.get()
    assert (incident.times_seen, incident.times_light) == (40, 40)
    assert HourlyCount.objects.get().count == 40


def test_environments_have_incidents_of_their_own_when_the_fingerprint_is_the_same() -> None:
    make_occurrence(environment="production")
    make_occurrence(environment="staging")

    digest()

    assert set(Incident.objects.values_list("environment", flat=True)) == {"production", "staging"}


def test_one_incident_is_counted_once_when_two_fingerprints_lead_to_it() -> None:
    incident = make_incident(times_seen=0)
    make_fingerprint(incident, "v1:a")
    make_fingerprint(incident, "v1:b")
    make_occurrence(fingerprint="v1:a", occurred_at=NOON)
    make_occurrence(fingerprint="v1:b", occurred_at=NOON)

    [change] = digest().changes

    incident.refresh_from_db()
    assert (incident.times_seen, len(change.full)) == (2, 2)
    assert HourlyCount.objects.get().count == 2


def test_hours_are_counted_apart_when_occurrences_span_them() -> None:
    for minutes in (0, 10, 70):
        make_occurrence(occurred_at=NOON + timedelta(minutes=minutes))
    digest()
    make_occurrence(occurred_at=NOON + timedelta(minutes=20))
    digest()

    counts = HourlyCount.objects.order_by("hour").values_list("hour", "count")
    assert list(counts) == [(NOON, 3), (NOON + timedelta(hours=1), 1)]


def test_incident_regresses_when_it_occurs_after_it_was_resolved() -> None:
    incident = make_incident(
        status=Incident.Status.RESOLVED,
        resolved_at=NOON,
        first_seen=NOON - timedelta(days=1),
        last_seen=NOON - timedelta(hours=1),
    )
    make_fingerprint(incident)
    late = make_occurrence(occurred_at=NOON + timedelta(seconds=1))

    [change] = digest().changes

    incident.refresh_from_db()
    assert change.transition is Transition.REGRESSED
    assert (incident.status, incident.generation) == (Incident.Status.OPEN, 2)
    assert (change.incident.status, change.incident.generation) == (Incident.Status.OPEN, 2)
    activity = Activity.objects.get()
    assert (activity.kind, activity.occurrence_id) == (Activity.Kind.REGRESSED, late.pk)


def test_incident_stays_resolved_when_the_occurrence_had_waited_in_a_spool() -> None:
    incident = make_incident(status=Incident.Status.RESOLVED, resolved_at=NOON, last_seen=NOON)
    make_fingerprint(incident)
    make_occurrence(occurred_at=NOON - timedelta(minutes=1))

    [change] = digest().changes

    incident.refresh_from_db()
    assert change.transition is Transition.REPEATED
    assert (incident.status, incident.times_seen) == (Incident.Status.RESOLVED, 2)
    assert incident.last_seen == NOON


def test_incident_only_counts_when_it_is_ignored() -> None:
    incident = make_incident(status=Incident.Status.IGNORED)
    make_fingerprint(incident)
    make_occurrence()

    [change] = digest().changes

    assert change.transition is Transition.REPEATED
    assert change.incident.status == Incident.Status.IGNORED


def test_digest_takes_batches_when_there_is_more_than_the_limit() -> None:
    for _ in range(5):
        make_occurrence()

    assert [digest(limit=2).digested for _ in range(4)] == [2, 2, 1, 0]
    assert Incident.objects.get().times_seen == 5


def test_queries_do_not_grow_when_a_batch_of_one_incident_does(
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    make_occurrence()
    digest()
    for _ in range(50):
        make_occurrence(report=make_report())

    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        digest()


@pytest.mark.django_db(transaction=True)
def test_signals_are_sent_after_commit_when_incidents_open_or_regress() -> None:
    told: list[tuple[str, int]] = []

    def listen(sender: object, incident: Incident, **_: object) -> None:
        assert not connection.in_atomic_block
        told.append((incident.title, incident.generation))
        raise RuntimeError("a receiver of the host's")

    signals.incident_opened.connect(listen)
    signals.incident_regressed.connect(listen)
    try:
        make_occurrence(occurred_at=NOON, title="Boom")
        digest()
        Incident.objects.update(status=Incident.Status.RESOLVED, resolved_at=NOON)
        make_occurrence(occurred_at=NOON + timedelta(hours=1))
        digest()
    finally:
        signals.incident_opened.disconnect(listen)
        signals.incident_regressed.disconnect(listen)

    assert told == [("Boom", 1), ("Boom", 2)]
