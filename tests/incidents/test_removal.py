import pytest

from errorkit.incidents import removal
from errorkit.incidents.triage import Actor
from errorkit.models import Activity, Fingerprint, HourlyTotal, Incident, Occurrence
from errorkit.storage.digest import digest
from tests.factories import make_delivery, make_occurrence

pytestmark = pytest.mark.django_db

ADA = Actor(user_id="7", label="ada")


def fail(times: int) -> Incident:
    for _ in range(times):
        make_occurrence()
    digest()
    return Incident.objects.get()


def test_what_belongs_to_it_goes_and_an_activity_stays_when_an_incident_is_deleted(
    monkeypatch,
) -> None:
    monkeypatch.setattr(removal, "BATCH", 2)
    incident = fail(5)
    make_delivery(incident)

    assert removal.remove([incident.pk], actor=ADA) == 1

    assert not Incident.objects.exists()
    assert not Occurrence.objects.exists()
    assert not Fingerprint.objects.exists()
    # What failed is still counted.
    assert HourlyTotal.objects.get().count == 5
    activity = Activity.objects.get()
    assert (activity.kind, activity.actor_label, activity.text) == (
        "deleted",
        "ada",
        incident.title,
    )
    assert (activity.data["incident"], activity.data["times_seen"]) == (incident.pk, 5)


def test_a_new_incident_opens_when_it_comes_back() -> None:
    first = fail(1)
    removal.remove([first.pk], actor=ADA)

    assert fail(1).times_seen == 1


def test_nothing_is_written_when_it_is_gone_already() -> None:
    assert removal.remove([123456], actor=ADA) == 0
    assert not Activity.objects.exists()
