"""The verbs of the API that take more than a note."""

from datetime import timedelta

import pytest
from django.utils import timezone

from errorkit.models import Activity, Incident
from tests import factories

LIST = "/errorkit/api/incidents/"


def post(client, incident, verb, **body):
    url = f"{LIST}{incident.pk}/{verb}/"
    return client.post(url, body, content_type="application/json")


@pytest.mark.parametrize(
    ("body", "resolution", "release"),
    [
        ({}, "now", ""),
        ({"release": "1.5"}, "release", "1.5"),
        ({"next_release": True}, "next", "1.4.2"),
    ],
)
def test_incident_is_resolved_as_the_body_says(responder, body, resolution, release) -> None:
    answer = post(responder, factories.make_incident(), "resolve", **body)

    told = answer.json()["incident"]
    assert (told["status"], told["resolution"], told["resolved_release"]) == (
        "resolved",
        resolution,
        release,
    )


@pytest.mark.parametrize(
    ("body", "count", "rate"),
    [({"more": 5}, 12, None), ({"while_usual": True}, None, 10), ({"until": 1}, None, None)],
)
def test_incident_rests_as_the_body_says(responder, body, count, rate) -> None:
    if "until" in body:
        body = {"until": (timezone.now() + timedelta(days=body["until"])).isoformat()}

    answer = post(responder, factories.make_incident(times_seen=7), "snooze", **body)

    told = answer.json()["incident"]
    assert (told["snoozed_count"], told["snoozed_rate"]) == (count, rate)
    assert told["snoozed_until"]
    woken = post(responder, Incident.objects.get(), "wake").json()
    assert (woken["changed"], woken["incident"]["snoozed_until"]) == (True, None)


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("resolve", {"release": "1.5", "next_release": True}),
        ("resolve", {"release": "x" * 129}),
        ("snooze", {}),
        ("snooze", {"more": 0}),
        ("snooze", {"more": 5, "while_usual": True}),
        ("snooze", {"until": "2001-01-01T00:00:00Z"}),
        ("snooze", {"until": "2999-01-01T00:00:00Z"}),
        ("assign", {}),
        ("assign", {"owner": "nobody-knows"}),
        ("merge", {}),
        ("merge", {"into": 0}),
    ],
)
def test_body_is_refused_when_it_makes_no_sense(responder, verb, body) -> None:
    answer = post(responder, factories.make_incident(), verb, **body)

    assert answer.status_code == 400
    assert not Activity.objects.exists()


def test_incident_is_given_to_somebody_and_back(responder, django_user_model) -> None:
    django_user_model.objects.create_user("grace", is_staff=True)
    incident = factories.make_incident()

    assert post(responder, incident, "assign", owner="grace").json()["incident"]["owner_label"]
    assert post(responder, incident, "assign", owner="").json()["incident"]["owner_id"] == ""


def test_incidents_become_one_and_two_again(responder) -> None:
    part, whole = factories.make_incident(), factories.make_incident()

    assert post(responder, part, "merge", into=whole.pk).json()["changed"] is True
    assert Incident.objects.get(pk=whole.pk).times_seen == 2
    assert post(responder, part, "split").json()["changed"] is True
    assert post(responder, part, "split").json()["changed"] is False
    assert post(responder, part, "merge", into=999_999).json()["changed"] is False


@pytest.mark.parametrize("verb", ["snooze", "wake", "assign", "merge", "split"])
def test_verb_is_refused_when_one_may_only_view(viewer, verb) -> None:
    assert post(viewer, factories.make_incident(), verb).status_code == 403
