import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.utils import timezone

from errorkit.incidents.wording import read_words
from errorkit.models import Delivery, Feedback, HourlyCount, Incident, Occurrence
from errorkit.reports.identity import first_id_of, make_occurrence_id
from errorkit.storage.retention import prune
from errorkit.storage.survivors import choose_survivors
from tests.factories import (
    make_activity,
    make_delivery,
    make_incident,
    make_light_report,
    make_occurrence,
    make_report,
)

pytestmark = pytest.mark.django_db


def days_ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def id_of(moment: datetime) -> UUID:
    """Return an id as it was made at that time."""
    return UUID(int=first_id_of(moment).int | (make_occurrence_id().int & ((1 << 80) - 1)))


def make_old(incident: Incident, days: float, *, full: bool = True) -> Occurrence:
    moment = days_ago(days)
    make = make_report if full else make_light_report
    return make_occurrence(
        incident=incident, report=make(id=id_of(moment), occurred_at=moment.astimezone(UTC))
    )


def test_occurrences_go_when_they_are_too_old() -> None:
    incident = make_incident()
    gone = [make_old(incident, 91), make_old(incident, 31, full=False)]
    kept = [make_old(incident, 89), make_old(incident, 29, full=False)]
    incident.last_full_id = gone[0].pk
    incident.save()
    read_words([incident], "default", timezone.now())

    result = prune()

    assert set(Occurrence.objects.values_list("pk", flat=True)) == {row.pk for row in kept}
    assert result.deleted == {"occurrences": 1, "light occurrences": 1}
    incident.refresh_from_db()
    assert incident.last_full_id is None
    assert "basket" not in incident.search_text.words


def test_nothing_goes_when_it_is_a_dry_run() -> None:
    incident = make_incident()
    make_old(incident, 91)

    assert prune(dry_run=True).deleted == {"occurrences": 1}

    assert Occurrence.objects.count() == 1


def test_incident_keeps_a_spread_when_it_has_too_many(settings: Any) -> None:
    settings.ERRORKIT = {"RETENTION": {"FULL_PER_INCIDENT": 5}}
    incident = make_incident(times_seen=20)
    rows = [make_old(incident, 20 - number) for number in range(20)]
    make_activity(incident, kind="regressed", occurrence_id=rows[7].pk)
    make_delivery(incident, occurrence_id=rows[9].pk)
    Feedback.objects.create(incident=incident, occurrence_id=rows[12].pk, text="Help", digest="1")
    Feedback.objects.create(occurrence_id=rows[17].pk, text="Too soon", digest="2")

    prune()

    kept = [number for number, row in enumerate(rows) if Occurrence.objects.filter(pk=row.pk)]
    # The first, the last, a spread; and the regression, what is owed, what people wrote about.
    assert kept == sorted({0, 4, 9, 14, 19} | {7, 9, 12, 17})


def test_survivors_are_spread_when_there_are_many() -> None:
    keys = [UUID(int=number) for number in range(1000)]

    kept = sorted(choose_survivors(keys, set(), 11))

    assert len(kept) == 11
    assert (kept[0], kept[-1]) == (keys[0], keys[-1])
    gaps = [later.int - earlier.int for earlier, later in itertools.pairwise(kept)]
    assert max(gaps) - min(gaps) <= 1


def test_counts_outlive_occurrences_and_incidents_outlive_neither() -> None:
    young = make_incident()
    old = make_incident(last_seen=days_ago(500), first_seen=days_ago(500))
    HourlyCount.objects.create(incident=young, hour=days_ago(401), count=1)
    kept = HourlyCount.objects.create(incident=young, hour=days_ago(399), count=1)

    prune()

    assert [row.pk for row in HourlyCount.objects.all()] == [kept.pk]
    assert not Incident.objects.filter(pk=old.pk).exists()
    assert Incident.objects.filter(pk=young.pk).exists()


def test_only_finished_deliveries_go_when_they_are_old() -> None:
    finished = {"created_at": days_ago(91), "finished_at": days_ago(91)}
    make_delivery(tries=2, status=Delivery.Status.ACCEPTED, **finished)
    waiting = make_delivery(created_at=days_ago(91))
    young = make_delivery(status=Delivery.Status.ACCEPTED, finished_at=days_ago(1))

    prune()

    assert set(Delivery.objects.values_list("pk", flat=True)) == {waiting.pk, young.pk}


def test_feedback_goes_with_its_incident_or_by_its_age_when_it_has_none() -> None:
    old = make_incident(last_seen=days_ago(500), first_seen=days_ago(500))
    young = make_incident()
    for incident, days in ((old, 500), (young, 300), (None, 91), (None, 89)):
        Feedback.objects.create(
            incident=incident, occurrence_id=make_occurrence_id(), at=days_ago(days), text="hm"
        )

    result = prune()

    assert result.deleted["feedback without an incident"] == 1
    assert [row.incident for row in Feedback.objects.order_by("at")] == [young, None]


def test_batches_are_small_and_many_when_there_is_much(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    monkeypatch.setattr("errorkit.storage.retention.BATCH", 3)
    incident = make_incident()
    for number in range(10):
        make_old(incident, 91 + number)
        make_old(incident, 31 + number, full=False)

    assert prune().deleted == {"occurrences": 10, "light occurrences": 10}


def test_next_run_goes_on_when_the_time_was_up() -> None:
    make_old(make_incident(), 91)
    make_old(make_incident(), 31, full=False)

    assert not prune(seconds=0).finished
    assert not prune(seconds=0).finished
    assert prune().finished
    assert not Occurrence.objects.exists()


def test_command_says_what_went_when_it_has_pruned() -> None:
    make_old(make_incident(), 91)
    output = StringIO()

    call_command("errorkit_prune", "--dry-run", stdout=output)
    call_command("errorkit_prune", stdout=output)
    call_command("errorkit_prune", stdout=output)

    assert output.getvalue().splitlines() == [
        "1 occurrences would be deleted",
        "1 occurrences deleted",
        "Nothing is past its retention.",
    ]
