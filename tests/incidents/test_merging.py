from datetime import timedelta

import pytest
from django.utils import timezone

from errorkit.incidents.feedback import leave_feedback
from errorkit.incidents.merging import merge, split
from errorkit.incidents.triage import Actor
from errorkit.models import (
    Activity,
    AffectedUser,
    Alert,
    Delivery,
    Feedback,
    Fingerprint,
    HourlyCount,
    Incident,
    Occurrence,
)
from errorkit.oncall.upkeep import close_outdated
from errorkit.storage.digest import digest
from tests.factories import make_delivery, make_occurrence, make_report

pytestmark = pytest.mark.django_db(transaction=True)

ADA = Actor(user_id="7", label="ada")
ONE, TWO, THREE = ("v1:" + digit * 40 for digit in "123")


def fail(fingerprint: str, times: int = 1, *, environment: str = "production") -> Incident:
    """Record and digest as the flow does; return the incident."""
    for _ in range(times):
        make_occurrence(
            report=make_report(
                fingerprint=fingerprint, title=fingerprint[:5], environment=environment
            )
        )
    digest()
    return Fingerprint.objects.get(value=fingerprint, environment=environment).incident


def state() -> dict:
    return {
        "incidents": list(
            Incident.objects.order_by("pk").values_list(
                "pk",
                "status",
                "times_seen",
                "times_light",
                "last_full_id",
                "first_seen",
                "last_seen",
                "users_affected",
            )
        ),
        "feedback": sorted(Feedback.objects.values_list("text", "incident_id")),
        "deliveries": sorted(Delivery.objects.values_list("key", "incident_id")),
        "people": sorted(AffectedUser.objects.values_list("person", "fingerprint__incident_id")),
        "fingerprints": sorted(Fingerprint.objects.values_list("value", "incident_id")),
        "occurrences": sorted(Occurrence.objects.values_list("pk", "incident_id")),
        "hours": sorted(
            HourlyCount.objects.filter(count__gt=0).values_list("incident_id", "hour", "count")
        ),
    }


def test_everything_moves_and_future_ones_follow_when_merged() -> None:
    one, two = fail(ONE, 3), fail(TWO, 2)

    assert merge([two.pk], into=one.pk, actor=ADA) == 1
    fail(TWO)

    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.times_seen, two.times_seen, two.status) == (6, 0, "ignored")
    assert one.occurrences.count() == 6
    assert sum(one.hourly_counts.values_list("count", flat=True)) == 6
    assert not two.hourly_counts.exists()
    assert sorted(Activity.objects.filter(kind="merged").values_list("incident_id", flat=True)) == [
        one.pk,
        two.pk,
    ]


def test_all_is_as_before_when_a_merge_is_taken_back() -> None:
    one, two = fail(ONE, 3), fail(TWO, 2)
    for incident in (one, two):
        leave_feedback(incident.last_full_id, text=incident.title)
        make_delivery(incident)
    before = state()

    merge([two.pk], into=one.pk, actor=ADA)
    assert split(two.pk, actor=ADA)

    assert state() == before
    assert not split(two.pk, actor=ADA)


def test_counts_stay_exact_when_more_came_between_merge_and_split() -> None:
    one, two = fail(ONE, 3), fail(TWO, 2)
    merge([two.pk], into=one.pk, actor=ADA)
    fail(TWO, 4)

    split(two.pk, actor=ADA)
    fail(TWO)

    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.times_seen, two.times_seen) == (7, 3)
    for incident in (one, two):
        assert incident.occurrences.count() == incident.times_seen
        assert sum(incident.hourly_counts.values_list("count", flat=True)) == incident.times_seen


def test_merge_can_be_done_again_after_it_was_taken_back() -> None:
    one, two = fail(ONE), fail(TWO)
    merge([two.pk], into=one.pk, actor=ADA)
    split(two.pk, actor=ADA)

    assert merge([two.pk], into=one.pk, actor=ADA) == 1
    assert Incident.objects.get(pk=one.pk).times_seen == 2


def test_merges_are_taken_back_from_the_last_to_the_first_when_there_is_a_chain() -> None:
    one, two, three = fail(ONE, 3), fail(TWO, 2), fail(THREE)
    before = state()
    merge([three.pk], into=two.pk, actor=ADA)
    merge([two.pk], into=one.pk, actor=ADA)

    assert not split(three.pk, actor=ADA)
    assert Incident.objects.get(pk=one.pk).times_seen == 6
    assert split(two.pk, actor=ADA)
    assert split(three.pk, actor=ADA)

    assert state() == before


def test_counts_stop_at_zero_when_the_whole_has_lost_some_before_the_split() -> None:
    one, two = fail(ONE), fail(TWO, 5)
    merge([two.pk], into=one.pk, actor=ADA)
    Incident.objects.filter(pk=one.pk).update(times_seen=2)

    assert split(two.pk, actor=ADA)

    assert Incident.objects.get(pk=one.pk).times_seen == 0


def test_nothing_is_merged_when_it_would_make_no_sense() -> None:
    one, two = fail(ONE), fail(TWO)
    elsewhere = fail(TWO, environment="staging")
    merge([two.pk], into=one.pk, actor=ADA)

    assert merge([one.pk], into=one.pk, actor=ADA) == 0
    assert merge([elsewhere.pk], into=one.pk, actor=ADA) == 0
    assert merge([123456], into=one.pk, actor=ADA) == 0
    assert merge([two.pk], into=elsewhere.pk, actor=ADA) == 0
    assert merge([one.pk], into=two.pk, actor=ADA) == 0


def test_span_covers_both_when_merged() -> None:
    one, two = fail(ONE), fail(TWO)
    long_ago = timezone.now() - timedelta(days=30)
    Incident.objects.filter(pk=two.pk).update(first_seen=long_ago)

    merge([two.pk], into=one.pk, actor=ADA)

    assert Incident.objects.get(pk=one.pk).first_seen == long_ago


def test_people_are_counted_once_and_feedback_follows_when_merged() -> None:
    one, two = fail(ONE), fail(TWO)
    make_occurrence(report=make_report(fingerprint=TWO, user_id="8"))
    digest()
    leave_feedback(two.last_full_id, text="I pressed pay.")

    merge([two.pk], into=one.pk, actor=ADA)

    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.users_affected, two.users_affected) == (2, 0)
    assert Feedback.objects.get().incident_id == one.pk


def test_alerts_of_the_part_end_and_deliveries_stay_when_merged() -> None:
    one, two = fail(ONE), fail(TWO)
    for incident in (one, two):
        Alert.objects.get_or_create(incident=incident, defaults={"transition": "opened"})
    delivery = make_delivery(two)

    merge([two.pk], into=one.pk, actor=ADA)
    close_outdated(timezone.now())

    assert dict(Alert.objects.values_list("incident_id", "status")) == {
        one.pk: "running",
        two.pk: "closed",
    }
    delivery.refresh_from_db()
    assert delivery.incident_id == two.pk


def test_a_snooze_of_the_part_ends_when_merged() -> None:
    one, two = fail(ONE), fail(TWO)
    until = timezone.now() + timedelta(days=1)
    Incident.objects.filter(pk=two.pk).update(snoozed_until=until)

    merge([two.pk], into=one.pk, actor=ADA)

    two.refresh_from_db()
    assert (two.snoozed_until, two.urgency) == (None, 0)


def test_alert_goes_on_when_a_merge_is_taken_back() -> None:
    one, two = fail(ONE), fail(TWO)
    now = timezone.now()
    merge([two.pk], into=one.pk, actor=ADA)
    close_outdated(now)
    assert Alert.objects.get(incident=two).status == "closed"

    split(two.pk, actor=ADA)
    close_outdated(now)

    alert = Alert.objects.get(incident=two)
    assert (alert.status, alert.closed_at) == ("running", None)
    assert list(Alert.objects.due(timezone.now())) == [alert]
