from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from errorkit.incidents import care
from errorkit.incidents.triage import Actor
from errorkit.incidents.upkeep import resolve_quiet, wake_due
from errorkit.models import Activity, Alert, Delivery, HourlyCount, Incident
from errorkit.storage.digest import digest
from errorkit.sweep import sweep
from tests.factories import make_incident, make_light_report, make_occurrence

pytestmark = pytest.mark.django_db

ADA = Actor(user_id="7", label="ada")
DAY = timedelta(days=1)


@pytest.fixture
def fallback(settings) -> None:
    settings.ERRORKIT = {
        "ONCALL_FALLBACK": ["oncall@example.com"],
        "AUTO_RESOLVE_DAYS": 30,
        "SPOOL_DIR": None,
    }


def known(**values) -> Incident:
    """Return an incident that somebody has been alerted about."""
    make_occurrence()
    digest()
    Incident.objects.update(**values)
    return Incident.objects.get()


def fail(times: int = 1) -> Incident:
    for _ in range(times):
        make_occurrence(report=make_light_report())
    digest()
    return Incident.objects.get()


def told() -> int:
    return Delivery.objects.filter(purpose="alert").count()


def test_incident_wakes_and_alerts_when_it_was_seen_so_many_more_times(fallback) -> None:
    incident = known()
    assert care.snooze_for_more([incident.pk], more=3, actor=ADA) == 1

    assert fail(2).snoozed_count == 4
    assert told() == 1
    incident = fail()

    assert (incident.snoozed_until, incident.snoozed_count, incident.status) == (None, None, "open")
    assert told() == 2
    assert Delivery.objects.latest("pk").transition == "surging"
    woke = Activity.objects.get(kind="woke")
    assert (woke.text, woke.actor_id) == ("It has been seen 4 times.", "")
    fail()
    assert told() == 2


def test_incident_wakes_and_alerts_when_it_exceeds_its_usual(fallback) -> None:
    incident = known()
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    HourlyCount.objects.create(incident=incident, hour=hour - DAY, count=12)
    HourlyCount.objects.create(incident=incident, hour=hour - 8 * DAY, count=99)
    assert care.snooze_while_usual([incident.pk], actor=ADA) == 1
    assert Incident.objects.get().snoozed_rate == 12
    # As if they were all of this hour, whenever it began.
    HourlyCount.objects.filter(incident=incident, hour__gte=hour).update(count=11)

    assert fail().snoozed_rate == 12
    HourlyCount.objects.filter(incident=incident, hour__gte=hour).update(count=12)
    fail()

    if timezone.now() < hour + timedelta(hours=1):
        assert Incident.objects.get().snoozed_until is None
        assert told() == 2


def test_usual_is_ten_an_hour_at_least_when_little_is_known() -> None:
    incident = make_incident()

    care.snooze_while_usual([incident.pk], actor=ADA)

    assert Incident.objects.get().snoozed_rate == 10


def test_snooze_ends_after_thirty_days_when_nothing_happens() -> None:
    incident = make_incident()

    care.snooze_for_more([incident.pk], more=1_000_000, actor=ADA)

    until = Incident.objects.get().snoozed_until
    assert abs(until - timezone.now() - 30 * DAY) < timedelta(minutes=5)


@pytest.mark.parametrize("status", ["resolved", "ignored"])
def test_only_unresolved_incidents_rest(status) -> None:
    incident = make_incident(status=status)

    assert care.snooze_for_more([incident.pk], more=5, actor=ADA) == 0
    assert care.snooze_while_usual([incident.pk], actor=ADA) == 0


def test_a_new_snooze_replaces_the_old_one() -> None:
    incident = make_incident()
    care.snooze_for_more([incident.pk], more=5, actor=ADA)

    care.snooze([incident.pk], until=timezone.now() + DAY, actor=ADA)

    assert Incident.objects.get().snoozed_count is None


def test_acknowledged_incident_wakes_and_alerts_nobody(fallback) -> None:
    incident = known(status="acknowledged")
    care.snooze_for_more([incident.pk], more=1, actor=ADA)

    assert fail().snoozed_until is None
    assert told() == 1


def test_policy_begins_again_when_its_incident_wakes(fallback) -> None:
    incident = known()
    Alert.objects.update(policy="Default", step=2, status="quiet", next_step_at=None)
    care.snooze_for_more([incident.pk], more=1, actor=ADA)

    fail()

    alert = Alert.objects.get()
    assert (alert.status, alert.step, alert.transition) == ("running", 0, "surging")


def test_incident_wakes_when_its_time_has_come() -> None:
    now = timezone.now()
    ended = make_incident(snoozed_until=now - DAY, snoozed_count=9)
    make_incident(snoozed_until=now + DAY)

    assert wake_due(now) == 1
    assert wake_due(now) == 0

    ended.refresh_from_db()
    assert (ended.snoozed_until, ended.snoozed_count) == (None, None)
    assert Activity.objects.get().kind == "woke"


def test_quiet_incidents_are_resolved_when_the_setting_says_so(fallback) -> None:
    now = timezone.now()
    for title, days, values in (
        ("quiet", 31, {}),
        ("taken", 31, {"status": "acknowledged"}),
        ("fresh", 29, {}),
        ("resting", 31, {"snoozed_until": now + DAY}),
        ("ignored", 31, {"status": "ignored"}),
    ):
        make_incident(title=title, last_seen=now - days * DAY, **values)

    assert resolve_quiet(now) == 2

    resolved = Incident.objects.filter(status="resolved").values_list("title", flat=True)
    assert set(resolved) == {"quiet", "taken"}
    row = Activity.objects.first()
    assert (row.kind, row.actor_id, row.text) == ("resolved", "", "Not seen for 30 days.")


def test_nothing_is_resolved_by_itself_when_nobody_asked_for_it() -> None:
    make_incident(last_seen=timezone.now() - 3000 * DAY)

    assert resolve_quiet(timezone.now()) == 0


def test_sweep_resolves_what_is_quiet_and_its_return_alerts(fallback) -> None:
    incident = known()
    Incident.objects.update(last_seen=timezone.now() - 31 * DAY)
    sweep()
    incident.refresh_from_db()
    assert incident.status == "resolved"
    mail.outbox.clear()

    incident = fail()
    sweep()

    assert (incident.status, incident.generation) == ("open", 2)
    assert [message.subject.split(":")[0] for message in mail.outbox] == [
        "[Django] [production] regressed"
    ]


def test_snoozed_and_woken_ones_are_ordered_by_urgency() -> None:
    now = timezone.now()
    for title, values in (
        ("fatal", {"level": "fatal"}),
        ("error", {}),
        ("warning", {"level": "warning"}),
        ("taken", {"status": "acknowledged"}),
        ("resting", {"snoozed_until": now + DAY}),
        ("over", {"status": "resolved"}),
    ):
        make_incident(title=title, **values)

    titles = Incident.objects.order_by("-urgency").values_list("title", flat=True)
    assert list(titles) == ["fatal", "error", "warning", "taken", "resting", "over"]
    assert Incident.objects.filter(urgency__gt=0).count() == 5
