import pytest
from django.db import transaction
from django.utils import timezone

from errorkit import signals
from errorkit.incidents import triage
from errorkit.incidents.triage import Actor
from errorkit.models import Activity, Alert, Incident
from errorkit.oncall.upkeep import end_acknowledgements, note_acknowledged
from tests.factories import make_incident

pytestmark = pytest.mark.django_db

ADA = Actor(user_id="7", label="ada")


@pytest.mark.parametrize(
    ("verb", "before", "after"),
    [
        (triage.acknowledge, "open", "acknowledged"),
        (triage.resolve, "open", "resolved"),
        (triage.resolve, "acknowledged", "resolved"),
        (triage.resolve, "ignored", "resolved"),
        (triage.ignore, "open", "ignored"),
        (triage.ignore, "acknowledged", "ignored"),
        (triage.ignore, "resolved", "ignored"),
        (triage.reopen, "resolved", "open"),
        (triage.reopen, "ignored", "open"),
        (triage.reopen, "acknowledged", "open"),
    ],
)
def test_incident_changes_and_leaves_an_activity_when_the_verb_fits(verb, before, after) -> None:
    incident = make_incident(status=before)

    changed = verb([incident.pk], actor=ADA, text="mended in 1.4.3")

    incident.refresh_from_db()
    activity = Activity.objects.get()
    assert (changed, incident.status) == (1, after)
    assert (activity.actor_id, activity.actor_label) == ("7", "ada")
    assert activity.text == "mended in 1.4.3"
    assert activity.kind == ("reopened" if after == "open" else after)


@pytest.mark.parametrize(
    ("verb", "before"),
    [
        (triage.acknowledge, "acknowledged"),
        (triage.acknowledge, "resolved"),
        (triage.resolve, "resolved"),
        (triage.ignore, "ignored"),
        (triage.reopen, "open"),
    ],
)
def test_incident_stays_as_it_is_when_the_verb_does_not_fit(verb, before) -> None:
    incident = make_incident(status=before)

    assert verb([incident.pk], actor=ADA) == 0

    incident.refresh_from_db()
    assert incident.status == before
    assert not Activity.objects.exists()


def test_resolved_at_is_set_and_cleared_when_resolved_and_reopened() -> None:
    incident = make_incident()

    triage.resolve([incident.pk], actor=ADA)
    incident.refresh_from_db()
    assert incident.resolved_at is not None

    triage.reopen([incident.pk], actor=ADA)

    assert Incident.objects.filter(resolved_at=None, generation=2).exists()


def test_alert_starts_over_when_whoever_acknowledged_lets_it_go() -> None:
    incident = make_incident()
    alert = Alert.objects.create(incident=incident, transition="opened")
    triage.acknowledge([incident.pk], actor=ADA)
    note_acknowledged()

    triage.reopen([incident.pk], actor=ADA)
    end_acknowledgements(timezone.now())

    incident.refresh_from_db()
    alert.refresh_from_db()
    assert (incident.generation, incident.acknowledged_at) == (1, None)
    assert (alert.status, alert.step, alert.cycle) == ("running", 0, 2)
    assert alert.next_step_at is not None


def test_each_incident_gets_its_own_activity_when_many_are_changed() -> None:
    incidents = [make_incident(status=status) for status in ("open", "open", "resolved")]

    changed = triage.resolve([each.pk for each in incidents], actor=ADA)

    assert changed == 2
    assert sorted(Activity.objects.values_list("incident_id", flat=True)) == sorted(
        each.pk for each in incidents[:2]
    )


def test_nothing_happens_when_the_incident_is_gone() -> None:
    assert triage.resolve([123456], actor=ADA) == 0


@pytest.mark.django_db(transaction=True)
def test_signal_is_sent_after_commit_when_an_incident_is_resolved() -> None:
    incident = make_incident()
    seen = []

    def remember(sender, incident, occurrence_id, **kwargs):
        in_transaction = transaction.get_connection().in_atomic_block
        seen.append((incident.pk, incident.status, occurrence_id, in_transaction))

    signals.incident_resolved.connect(remember)
    try:
        triage.resolve([incident.pk], actor=ADA)
    finally:
        signals.incident_resolved.disconnect(remember)

    assert seen == [(incident.pk, "resolved", None, False)]


@pytest.mark.django_db(transaction=True)
def test_incident_stays_resolved_when_a_receiver_fails() -> None:
    incident = make_incident()

    def fail(sender, **kwargs):
        raise RuntimeError("receiver")

    signals.incident_resolved.connect(fail)
    try:
        triage.resolve([incident.pk], actor=ADA)
    finally:
        signals.incident_resolved.disconnect(fail)

    assert Incident.objects.get().status == "resolved"


def test_actor_is_cut_to_size_when_the_name_is_long(django_user_model) -> None:
    user = django_user_model(pk=7, username="a" * 150)

    actor = Actor.of(user)

    assert actor == Actor(user_id="7", label="a" * 150)
