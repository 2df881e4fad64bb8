from datetime import timedelta

import pytest
from django.utils import timezone

from errorkit.admin.bulk import ACTIONS
from errorkit.admin.questions import QUESTIONS
from errorkit.models import Activity, Incident
from tests.admin.pages import Markup, list_url
from tests.factories import make_incident


def act(client, action: str, *incidents: Incident, **answers: str):
    selected = [each.pk for each in incidents]
    data = {"action": action, "_selected_action": selected, **answers}
    return client.post(list_url(), data, follow=True)


@pytest.mark.parametrize("action", sorted(QUESTIONS))
def test_question_is_asked_and_nothing_done_when_the_answer_is_missing(
    admin_client, action
) -> None:
    incidents = [make_incident(), make_incident()]

    page = act(admin_client, action, *incidents)

    markup = Markup(page.content.decode())
    assert "2 incidents are selected." in markup.text
    kept = [
        attrs["value"] for _, attrs in markup.elements if attrs.get("name") == "_selected_action"
    ]
    assert kept == [str(each.pk) for each in incidents]
    assert not markup.find_what_a_strict_policy_forbids()
    assert markup.text.count("ZeroDivisionError: division by zero") == 2
    assert not Activity.objects.exists()


def test_incidents_are_resolved_in_a_release_when_it_is_named(responder) -> None:
    incidents = [make_incident(), make_incident()]

    page = act(responder, "resolve_in_release", *incidents, answered="1", answer="1.5.0")

    assert "2 incidents resolved." in page.content.decode()
    assert set(Incident.objects.values_list("status", "resolved_release")) == {
        ("resolved", "1.5.0")
    }


@pytest.mark.parametrize("answer", ["", " ", "x\x07", "x" * 200])
def test_question_is_asked_again_when_the_release_cannot_be_one(responder, answer) -> None:
    page = act(responder, "resolve_in_release", make_incident(), answered="1", answer=answer)

    assert "errorlist" in page.content.decode()
    assert Incident.objects.get().status == "open"


def test_incidents_are_resolved_in_the_next_release(responder) -> None:
    act(responder, "resolve_in_next", make_incident(last_release="1.4"))

    assert Incident.objects.get().resolved_release == "1.4"


@pytest.mark.parametrize(
    ("answer", "count", "rate"), [("24", None, None), ("more-100", 107, None), ("usual", None, 10)]
)
def test_incidents_rest_when_it_is_said_how_long(responder, answer, count, rate) -> None:
    act(responder, "snooze", make_incident(times_seen=7), answered="1", answer=answer)

    incident = Incident.objects.get()
    assert incident.snoozed_until > timezone.now()
    assert (incident.snoozed_count, incident.snoozed_rate) == (count, rate)


def test_incidents_are_given_to_somebody_when_chosen(responder, django_user_model) -> None:
    grace = django_user_model.objects.create_user("grace", is_staff=True)

    act(responder, "assign", make_incident(), make_incident(), answered="1", answer=str(grace.pk))
    assert set(Incident.objects.values_list("owner_label", flat=True)) == {"grace"}

    act(responder, "assign", *Incident.objects.all(), answered="1", answer="")
    assert set(Incident.objects.values_list("owner_label", flat=True)) == {""}


@pytest.mark.parametrize(("action", "answer"), [("assign", "999"), ("snooze", "999")])
def test_nothing_happens_when_the_answer_is_made_up(responder, action, answer) -> None:
    act(responder, action, make_incident(), answered="1", answer=answer)

    assert not Activity.objects.exists()


@pytest.mark.parametrize("action", [each.__name__ for each in ACTIONS])
def test_no_action_is_there_when_one_may_only_view(viewer, action) -> None:
    incidents = [make_incident(), make_incident()]

    act(viewer, action, *incidents, answered="1", answer="1.5")

    assert not Activity.objects.exists()
    assert set(Incident.objects.values_list("status", flat=True)) == {"open"}


def test_incidents_are_deleted_when_a_manager_is_sure(log_in) -> None:
    client = log_in("view_incident", "change_incident", "delete_incident", "view_activity")
    incident = make_incident(title="KeyError: gone", occurrences=1)

    act(client, "remove", incident, answered="1")
    assert Incident.objects.exists()
    act(client, "remove", incident, answered="1", answer="on")

    assert not Incident.objects.exists()
    page = client.get(list_url("activity")).content.decode()
    assert "deleted" in page
    assert "KeyError: gone" in page


def test_incidents_stay_when_one_may_only_respond(responder) -> None:
    act(responder, "remove", make_incident(), answered="1", answer="on")

    assert Incident.objects.exists()


def test_merge_says_why_when_it_merges_nothing(responder) -> None:
    here, there = make_incident(), make_incident(environment="staging")

    for selected in ([here], [here, there]):
        assert "Nothing was merged." in act(responder, "merge", *selected).content.decode()
    assert not Activity.objects.exists()


def test_merge_says_which_stay_apart_when_only_some_fit(responder) -> None:
    one, two = make_incident(times_seen=9), make_incident()
    there = make_incident(environment="staging")

    page = act(responder, "merge", one, two, there).content.decode()

    assert "1 incident merged into" in page
    assert "1 stays apart" in page


def test_incidents_wake_when_told_to(responder) -> None:
    resting = make_incident(snoozed_until=timezone.now() + timedelta(hours=1))

    page = act(responder, "wake", resting, make_incident())

    assert "1 incident woken." in page.content.decode()
    assert not Incident.objects.exclude(snoozed_until=None).exists()
    assert Activity.objects.get().kind == "woke"
