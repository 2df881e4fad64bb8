from datetime import timedelta

import pytest
from django.utils import timezone

from errorkit.incidents import care, triage
from errorkit.incidents.triage import Actor
from errorkit.models import Activity, Incident
from tests.factories import make_incident

pytestmark = pytest.mark.django_db

ADA = Actor(user_id="7", label="ada")
GRACE = Actor(user_id="8", label="grace")


def test_incident_changes_hands_when_it_is_assigned() -> None:
    incident = make_incident()

    assert care.assign([incident.pk], owner=GRACE, actor=ADA) == 1

    incident.refresh_from_db()
    activity = Activity.objects.get()
    assert (incident.owner_id, incident.owner_label) == ("8", "grace")
    assert (activity.kind, activity.actor_label, activity.text) == ("assigned", "ada", "grace")


def test_nothing_is_written_when_it_has_that_owner_already() -> None:
    incident = make_incident(owner_id="8", owner_label="grace")

    assert care.assign([incident.pk], owner=GRACE, actor=ADA) == 0
    assert not Activity.objects.exists()


def test_incident_belongs_to_nobody_when_it_is_taken_off() -> None:
    incident = make_incident(owner_id="8", owner_label="grace")

    assert care.assign([incident.pk], actor=ADA) == 1
    assert Incident.objects.filter(owner_id="", owner_label="").exists()


def test_each_incident_gets_its_own_activity_when_many_are_assigned() -> None:
    incidents = [make_incident().pk for _ in range(3)]

    care.assign(incidents, owner=GRACE, actor=ADA)

    assert sorted(Activity.objects.values_list("incident_id", flat=True)) == sorted(incidents)


@pytest.mark.parametrize(
    ("status", "changed"), [("open", 1), ("acknowledged", 1), ("resolved", 0), ("ignored", 0)]
)
def test_only_unresolved_incidents_rest_when_snoozed(status, changed) -> None:
    incident = make_incident(status=status)
    until = timezone.now() + timedelta(hours=1)

    assert care.snooze([incident.pk], until=until, actor=ADA) == changed
    assert Activity.objects.filter(kind="snoozed").count() == changed


def test_incident_is_not_alertable_while_it_rests() -> None:
    incident = make_incident()
    now = timezone.now()

    care.snooze([incident.pk], until=now + timedelta(hours=1), actor=ADA)
    assert not Incident.objects.alertable(now).exists()
    assert Incident.objects.alertable(now + timedelta(hours=2)).exists()

    assert care.wake([incident.pk], actor=ADA) == 1
    assert Incident.objects.alertable(now).exists()
    assert care.wake([incident.pk], actor=ADA) == 0


def test_snooze_ends_when_the_incident_is_resolved() -> None:
    incident = make_incident(snoozed_until=timezone.now() + timedelta(hours=1))

    triage.resolve([incident.pk], actor=ADA)

    assert Incident.objects.filter(snoozed_until=None).exists()
