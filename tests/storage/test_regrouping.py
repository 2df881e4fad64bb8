"""A new version of the fingerprint, and a changed IN_APP: what joins, what splits, what stays."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Sum
from django.utils import timezone

from errorkit.incidents.merging import merge
from errorkit.incidents.triage import Actor
from errorkit.models import (
    Activity,
    AffectedUser,
    Feedback,
    Fingerprint,
    HourlyCount,
    HourlyTotal,
    Incident,
    Occurrence,
)
from errorkit.reports.fingerprints import RULES, fingerprint
from errorkit.reports.rules import Raised
from errorkit.storage.digest import digest
from errorkit.storage.regrouping import regroup
from tests.factories import make_light_report, make_occurrence
from tests.reports.failures import caught, report_of

pytestmark = pytest.mark.django_db

ADA = Actor(user_id="7", label="ada")


def pay(message: str) -> None:
    raise ValueError(message)


def refund(message: str) -> None:
    raise ValueError(message)


@fingerprint("checkout", "{{ default }}")
def check_out(message: str) -> None:
    raise ValueError(message)


def by_message(links: Sequence[Raised]) -> Iterator[str]:
    """Group by type and message: splits what the calls join, joins what they split."""
    yield f"type {links[0].type_name}"
    yield f"says {links[0].message}"


def happen(function: Any, message: str, *, times: int = 1, **options: Any) -> Incident:
    """Have it fail, digest it, and return its incident."""
    error = caught(function, message)
    rows = [make_occurrence(report=report_of(error, **options)) for _ in range(times)]
    digest()
    return Incident.objects.get(occurrences=rows[-1])


def upgrade(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "v2", by_message)


def regroup_all(**options: Any) -> None:
    for _ in regroup(**options):
        pass


def counts() -> dict[int, int]:
    """Return how often each incident was seen; what it says, what its rows say and what its hours say must agree."""
    seen = dict(Incident.objects.filter(times_seen__gt=0).values_list("pk", "times_seen"))
    rows = Occurrence.objects.values_list("incident").annotate(number=Sum("times"))
    hours = HourlyCount.objects.filter(count__gt=0).values_list("incident")
    assert seen == dict(rows)
    assert seen == dict(hours.annotate(number=Sum("count")))
    assert sum(seen.values()) == HourlyTotal.objects.aggregate(number=Sum("count"))["number"]
    return seen


def test_nothing_changes_when_the_rule_has_not() -> None:
    happen(pay, "no money", times=3)
    happen(refund, "no money")
    before = list(Fingerprint.objects.values())

    found = list(regroup())

    assert not any(each.changes or each.untold for each in found)
    assert list(Fingerprint.objects.values()) == before
    assert not Activity.objects.filter(kind="regrouped").exists()


def test_incidents_join_when_the_new_version_takes_them_for_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = happen(pay, "no money", times=3), happen(refund, "no money", times=2)
    upgrade(monkeypatch)

    regroup_all()

    assert counts() == {first.pk: 5}
    activity = Activity.objects.get(incident=second, kind="merged")
    assert activity.actor_label == "errorkit_regroup"
    # What happens from now on is counted there as well.
    assert happen(refund, "no money") == first
    assert counts() == {first.pk: 6}


def test_resolved_incident_joins_the_open_one_when_they_are_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolved, open_one = happen(pay, "no money"), happen(refund, "no money")
    Incident.objects.filter(pk=resolved.pk).update(status="resolved")
    upgrade(monkeypatch)

    regroup_all()

    assert counts() == {open_one.pk: 2}
    open_one.refresh_from_db()
    assert open_one.status == "open"


def test_incident_splits_when_the_new_version_tells_its_reports_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    incident = happen(pay, "no money", times=3)
    happen(pay, "no card", times=2)
    light = make_light_report(fingerprint=incident.fingerprints.get().value, kind="manual")
    make_occurrence(report=light)
    digest()
    Incident.objects.filter(pk=incident.pk).update(owner_id="7", owner_label="ada")
    told = Occurrence.objects.filter(title__contains="card").first()
    assert told is not None
    note = Feedback.objects.create(occurrence_id=told.pk, incident=incident, text="Help")
    upgrade(monkeypatch)

    regroup_all()

    new = Incident.objects.exclude(pk=incident.pk).get()
    assert counts() == {incident.pk: 4, new.pk: 2}
    assert (new.title, new.owner_label) == ("ValueError: no card", "ada")
    incident.refresh_from_db()
    assert (incident.times_light, new.times_light) == (1, 0)
    assert new.last_full_id in set(new.occurrences.values_list("pk", flat=True))
    note.refresh_from_db()
    assert note.incident == new
    moved = Activity.objects.filter(kind="regrouped").order_by("incident")
    assert [each.data["moved"] for each in moved] == [2, 2]
    assert (happen(pay, "no card"), happen(pay, "no money")) == (new, incident)


def test_people_are_counted_once_when_an_incident_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    incident = happen(pay, "no money", times=3)
    happen(pay, "no card", times=2)
    Occurrence.objects.filter(title__contains="card").update(user_id="7")
    upgrade(monkeypatch)

    regroup_all()

    new = Incident.objects.exclude(pk=incident.pk).get()
    assert new.users_affected == 1
    assert AffectedUser.objects.filter(fingerprint__incident=new).count() == 1


def test_reports_move_to_the_incident_there_is_when_one_splits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = happen(pay, "no money", times=3)
    happen(pay, "no card")
    second = happen(refund, "no card")
    upgrade(monkeypatch)

    regroup_all()

    assert Incident.objects.filter(times_seen__gt=0).count() == 2
    assert sorted(counts().values()) == [2, 3]
    assert Occurrence.objects.filter(incident=first, title__contains="card").count() == 0
    assert Occurrence.objects.filter(title__contains="card", incident=second).count() in {0, 2}


def test_merge_by_people_stays_when_the_new_version_keeps_them_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = happen(pay, "no money"), happen(refund, "no card")
    merge([second.pk], into=first.pk, actor=ADA)
    upgrade(monkeypatch)

    regroup_all()

    assert counts() == {first.pk: 2}
    assert happen(refund, "no card") == first


def test_nothing_changes_when_it_is_a_dry_run(monkeypatch: pytest.MonkeyPatch) -> None:
    happen(pay, "no money", times=3)
    happen(pay, "no card")
    happen(refund, "no money")
    happen(refund, "no card")
    before = (counts(), list(Fingerprint.objects.values()), Activity.objects.count())
    upgrade(monkeypatch)
    output = StringIO()

    call_command("errorkit_regroup", "--dry-run", stdout=output)

    assert (counts(), list(Fingerprint.objects.values()), Activity.objects.count()) == before
    first, second = Incident.objects.order_by("pk")
    lines = output.getvalue().splitlines()
    assert lines[0] == f"incident {first.pk}, seen 4 times: ValueError: no money"
    assert lines[1].startswith("  1 go to a new incident (v2:")
    assert lines[2].startswith(f"incident {second.pk}, seen 2 times: ")
    assert lines[-1] == "2 of 2 incidents would change; 0 reports do not tell, and stay."


def test_command_does_what_the_dry_run_said(monkeypatch: pytest.MonkeyPatch) -> None:
    happen(pay, "no money", times=3)
    happen(pay, "no card")
    upgrade(monkeypatch)
    said, done, again = StringIO(), StringIO(), StringIO()

    call_command("errorkit_regroup", "--dry-run", stdout=said)
    call_command("errorkit_regroup", stdout=done)
    call_command("errorkit_regroup", stdout=again)

    assert done.getvalue() == said.getvalue().replace("would change", "changed").replace(
        "1 of 1", "1 of 2"
    )
    assert again.getvalue().startswith("0 of 2 incidents changed")


def test_next_run_goes_on_when_the_time_was_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("errorkit.storage.regrouping.PAGE", 1)
    first, second = happen(pay, "no money"), happen(refund, "no card")
    upgrade(monkeypatch)

    runs = [[each.incident.pk for each in regroup(seconds=0)] for _ in range(3)]

    assert runs == [[first.pk], [second.pk], []]
    assert [each.incident.pk for each in regroup(seconds=60)] == [first.pk, second.pk]


def test_run_begins_anew_when_the_aim_has_changed(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr("errorkit.storage.regrouping.PAGE", 1)
    first, _ = happen(pay, "no money"), happen(refund, "no card")
    upgrade(monkeypatch)
    list(regroup(seconds=0))

    settings.ERRORKIT = {"IN_APP": {"exclude": ["tests"]}}

    assert next(iter(regroup(seconds=0))).incident == first


def test_incident_follows_its_reports_when_in_app_has_changed(settings: Any) -> None:
    incident = happen(pay, "no money")
    settings.ERRORKIT = {"IN_APP": {"exclude": ["tests.reports"]}}

    regroup_all()

    assert happen(pay, "no money") == incident
    assert counts() == {incident.pk: 2}


def test_choice_of_the_site_stays_when_the_rule_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    incident = happen(check_out, "no money")
    upgrade(monkeypatch)

    regroup_all()

    assert happen(check_out, "no money") == incident


def test_report_stays_when_it_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    row = make_occurrence()
    digest()
    upgrade(monkeypatch)

    [found] = regroup()

    assert (found.untold, found.changes) == (1, False)
    assert Occurrence.objects.get(pk=row.pk).incident == found.incident


def test_failure_attaches_to_its_incident_when_the_version_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    incident = happen(pay, "no money")
    upgrade(monkeypatch)

    assert happen(pay, "no money") == incident

    assert counts() == {incident.pk: 2}
    assert sorted(each.value[:3] for each in incident.fingerprints.all()) == ["v1:", "v2:"]


def test_failure_opens_an_incident_when_the_window_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    incident = happen(pay, "no money")
    Incident.objects.update(last_seen=timezone.now() - timedelta(days=31))
    upgrade(monkeypatch)

    assert happen(pay, "no money") != incident
