"""Schedules and silences over the API."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from errorkit.models import Layer, LayerMember, Override, Schedule, Silence
from tests import factories
from tests.rest.conftest import API


def make_schedule(name: str = "Shop") -> Schedule:
    schedule = Schedule.objects.create(name=name, zone="Europe/Vienna")
    layer = Layer.objects.create(
        schedule=schedule, starts_on=timezone.localdate() - timedelta(days=30), handoff_at=time(9)
    )
    for position, label in enumerate(["ada", "grace"]):
        LayerMember.objects.create(layer=layer, position=position, user_id=label, label=label)
    return schedule


def test_schedule_tells_who_is_on_call_and_who_comes_next(viewer):
    schedule = make_schedule()
    told = viewer.get(f"{API}/schedules/{schedule.pk}/").json()
    assert {told["now"]["person"]["label"], told["next"]["person"]["label"]} == {"ada", "grace"}
    assert told["now"]["end"] == told["next"]["start"]
    assert (told["zone"], told["fallback"]) == ("Europe/Vienna", None)


def test_schedule_names_the_override_while_it_lasts(viewer):
    schedule, now = make_schedule(), timezone.now()
    end = now + timedelta(hours=2)
    Override.objects.create(schedule=schedule, label="joan", starts_at=now, ends_at=end)
    told = viewer.get(f"{API}/schedules/{schedule.pk}/").json()
    assert told["now"]["person"]["label"] == "joan"
    assert datetime.fromisoformat(told["now"]["end"]) == end


def test_schedule_passes_over_people_whose_account_is_switched_off(viewer, django_user_model):
    schedule = make_schedule()
    for name in ("ada", "grace"):
        account = django_user_model.objects.create_user(name, is_active=name == "grace")
        LayerMember.objects.filter(label=name).update(user_id=str(account.pk))
    told = viewer.get(f"{API}/schedules/{schedule.pk}/").json()
    (listed,) = viewer.get(f"{API}/schedules/").json()["results"]
    for row in (told, listed):
        assert (row["now"]["person"]["label"], row["next"]) == ("grace", None)


@pytest.mark.parametrize("fallback", ["", "ada"])
def test_schedule_without_people_names_the_fallback_or_nobody(viewer, fallback):
    Schedule.objects.create(name="Empty", fallback_id=fallback, fallback_label=fallback)
    (told,) = viewer.get(f"{API}/schedules/").json()["results"]
    assert told["now"]["is_fallback"]
    assert (told["now"]["person"] or {}).get("label", "") == fallback
    assert told["next"] is None


def test_schedules_take_the_same_queries_however_many_there_are(
    viewer, django_assert_max_num_queries
):
    for number in range(5):
        make_schedule(f"Shop {number}")
    with django_assert_max_num_queries(8):
        viewer.get(f"{API}/schedules/")


def post(client, path: str, **body):
    return client.post(f"{API}/silences/{path}", body, content_type="application/json")


def in_hours(hours: float) -> str:
    return (timezone.now() + timedelta(hours=hours)).isoformat()


def test_silence_is_made_for_its_author_and_ended_once(manager, django_user_model):
    grace = django_user_model.objects.create_user("grace", email="grace@example.org")
    incident = factories.make_incident()
    answer = post(
        manager,
        "",
        reason="we know",
        ends_at=in_hours(2),
        incident=incident.pk,
        exception="*Timeout*",
        level="error",
        owner="grace@example.org",
    )
    assert answer.status_code == 201
    made = Silence.objects.get()
    assert (made.incident, made.level, made.owner_id) == (incident, "error", str(grace.pk))
    assert made.author_label.startswith("user-")
    assert answer.json()["id"] == made.pk
    assert len(manager.get(f"{API}/silences/?active=true").json()["results"]) == 1

    ended = post(manager, f"{made.pk}/end/").json()
    assert ended["changed"]
    assert ended["silence"]["lifted_at"] is None
    assert not post(manager, f"{made.pk}/end/").json()["changed"]
    assert manager.get(f"{API}/silences/?active=true").json()["results"] == []
    assert len(manager.get(f"{API}/silences/?active=false").json()["results"]) == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"ends_at": 1}, "/reason"),
        ({"reason": "x"}, "/ends_at"),
        ({"reason": "x", "ends_at": -1}, "/ends_at"),
        ({"reason": "x", "ends_at": 24 * 7 + 1}, "/ends_at"),
        ({"reason": "x", "ends_at": 1, "starts_at": 2}, "/ends_at"),
        ({"reason": "x", "ends_at": 1, "incident": 999}, "/incident"),
        ({"reason": "x", "ends_at": 1, "owner": "nobody"}, "/owner"),
        ({"reason": "x", "ends_at": 1, "level": "dire"}, "/level"),
    ],
    ids=range(8),
)
def test_silence_is_refused_when_it_makes_no_sense(responder, body, pointer):
    times = {name: in_hours(body[name]) for name in ("starts_at", "ends_at") if name in body}
    answer = post(responder, "", **{**body, **times})
    assert answer.status_code == 400
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert not Silence.objects.exists()
