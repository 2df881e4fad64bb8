from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from errorkit.admin.acts import ACTS
from errorkit.incidents.feedback import leave_feedback
from errorkit.models import Activity, Deploy, Incident
from tests.admin.pages import Markup, list_url, page_url, triage_url
from tests.factories import make_incident


def text_of(client, incident) -> str:
    return Markup(client.get(page_url(incident)).content.decode()).text


def test_comment_is_shown_with_its_author_when_it_was_saved(responder) -> None:
    incident = make_incident()

    responder.post(triage_url(incident), {"verb": "comment", "text": "Seen it <b>twice</b>."})

    text = text_of(responder, incident)
    assert "Seen it <b>twice</b>." in text
    assert "Commented by user-" in text


@pytest.mark.parametrize("text", ["", "   ", "\x00"])
def test_comment_is_not_saved_when_it_is_empty(responder, text) -> None:
    responder.post(triage_url(make_incident()), {"verb": "comment", "text": text})

    assert not Activity.objects.exists()


def test_incident_is_given_to_somebody_and_back_when_chosen(responder, django_user_model) -> None:
    grace = django_user_model.objects.create_user("grace", is_staff=True)
    incident = make_incident()

    responder.post(triage_url(incident), {"verb": "assign", "owner": str(grace.pk)})
    assert Incident.objects.get().owner_label == "grace"

    responder.post(triage_url(incident), {"verb": "assign", "owner": ""})
    assert Incident.objects.get().owner_id == ""


def test_incident_is_not_given_to_people_who_are_not_staff(responder, django_user_model) -> None:
    visitor = django_user_model.objects.create_user("visitor")
    retired = django_user_model.objects.create_user("retired", is_staff=True, is_active=False)
    incident = make_incident()

    for person in (visitor, retired):
        responder.post(triage_url(incident), {"verb": "assign", "owner": str(person.pk)})

    assert Incident.objects.get().owner_id == ""


def test_incident_rests_and_wakes_when_told_to(responder) -> None:
    incident = make_incident()

    responder.post(triage_url(incident), {"verb": "snooze", "hours": "24"})

    until = Incident.objects.get().snoozed_until
    assert abs(until - timezone.now() - timedelta(days=1)) < timedelta(minutes=5)
    assert "snoozed until" in text_of(responder, incident)
    responder.post(triage_url(incident), {"verb": "wake"})
    assert Incident.objects.get().snoozed_until is None


def test_incident_does_not_rest_when_the_time_is_made_up(responder) -> None:
    responder.post(triage_url(make_incident()), {"verb": "snooze", "hours": "999999999"})

    assert Incident.objects.get().snoozed_until is None


@pytest.mark.parametrize("verb", sorted(ACTS))
def test_act_is_refused_when_one_may_only_view(viewer, verb) -> None:
    incident = make_incident()

    assert viewer.post(triage_url(incident), {"verb": verb, "text": "x"}).status_code == 403
    assert not Activity.objects.exists()


def test_page_names_the_deploy_when_one_came_shortly_before(viewer) -> None:
    incident = make_incident()
    for release, minutes in (("2.0.0", 10), ("1.9.0", 90)):
        Deploy.objects.create(
            release=release,
            environment="production",
            at=incident.first_seen - timedelta(minutes=minutes),
        )

    assert "Release 2.0.0 was deployed 10\xa0minutes before" in text_of(viewer, incident)


def test_page_names_no_deploy_when_it_was_elsewhere_or_later(viewer) -> None:
    incident = make_incident()
    at = incident.first_seen
    Deploy.objects.create(release="2.0.0", environment="staging", at=at - timedelta(minutes=1))
    Deploy.objects.create(release="2.0.1", environment="production", at=at + timedelta(minutes=1))

    assert "was deployed" not in text_of(viewer, incident)


def test_page_shows_what_visitors_wrote_and_their_address_to_those_who_may(viewer, manager) -> None:
    incident = make_incident(occurrences=1)
    leave_feedback(incident.last_full_id, text="I pressed <i>pay</i>.", email="visitor@example.com")

    assert "I pressed <i>pay</i>." in text_of(viewer, incident)
    assert "visitor@example.com" not in text_of(viewer, incident)
    assert "visitor@example.com" in text_of(manager, incident)


def test_incidents_become_one_and_two_again_when_merged_and_split(responder) -> None:
    often, seldom = make_incident(title="often", times_seen=7), make_incident(title="seldom")

    responder.post(list_url(), {"action": "merge", "_selected_action": [seldom.pk, often.pk]})
    assert Incident.objects.get(pk=often.pk).times_seen == 8
    assert "Merged into often" in " ".join(text_of(responder, seldom).split())
    assert "Merged by" in text_of(responder, often)

    responder.post(triage_url(seldom), {"verb": "split"})
    assert dict(Incident.objects.values_list("title", "times_seen")) == {"often": 7, "seldom": 1}
    assert "Merged into often" not in " ".join(text_of(responder, seldom).split())


def test_incident_is_resolved_in_a_release_when_one_is_named(responder) -> None:
    incident = make_incident()

    responder.post(triage_url(incident), {"verb": "resolve_in_release", "release": " 1.5.0 "})

    incident.refresh_from_db()
    assert (incident.status, incident.resolution, incident.resolved_release) == (
        "resolved",
        "release",
        "1.5.0",
    )
    text = " ".join(text_of(responder, incident).split())
    assert "in release 1.5.0" in text
    assert "Resolved in release 1.5.0 by user-" in text


def test_incident_is_resolved_in_the_next_release_when_wanted(responder) -> None:
    incident = make_incident(last_release="1.4.2")

    responder.post(triage_url(incident), {"verb": "resolve_in_next"})

    assert "in the release after 1.4.2" in text_of(responder, incident)


@pytest.mark.parametrize("release", ["", "  ", "1.5\x00", "x" * 129])
def test_incident_stays_open_when_the_release_cannot_be_one(responder, release) -> None:
    responder.post(triage_url(make_incident()), {"verb": "resolve_in_release", "release": release})

    assert Incident.objects.get().status == "open"


def test_page_says_when_it_wakes_when_it_rests_for_more(responder) -> None:
    incident = make_incident(times_seen=7)

    responder.post(triage_url(incident), {"verb": "snooze_for_more", "more": "5"})

    assert Incident.objects.get().snoozed_count == 12
    assert "snoozed for 5 more, until" in text_of(responder, incident)
    assert "until it has been seen 12 times" in text_of(responder, incident)


@pytest.mark.parametrize("more", ["", "0", "-1", "x", "1.5", "²", "1000001", "9" * 5000])
def test_incident_does_not_rest_when_the_number_makes_no_sense(responder, more) -> None:
    responder.post(triage_url(make_incident()), {"verb": "snooze_for_more", "more": more})

    assert Incident.objects.get().snoozed_until is None


def test_page_says_when_it_wakes_when_it_rests_while_usual(responder) -> None:
    incident = make_incident()

    responder.post(triage_url(incident), {"verb": "snooze_while_usual"})

    assert "snoozed up to 10 an hour, until" in text_of(responder, incident)
    responder.post(triage_url(incident), {"verb": "wake"})
    assert Incident.objects.get().snoozed_rate is None


def test_messages_are_unread_until_somebody_says_otherwise(responder) -> None:
    incident = make_incident(occurrences=1)
    leave_feedback(incident.last_full_id, text="I pressed pay.")
    assert "Mark 1 message as read" in text_of(responder, incident)
    assert "1 message" in responder.get(list_url()).content.decode()

    responder.post(triage_url(incident), {"verb": "read_feedback"})

    assert "Mark 1 message as read" not in text_of(responder, incident)
    assert "1 message" not in responder.get(list_url()).content.decode()


def test_incident_is_mine_when_i_take_it(responder) -> None:
    incident = make_incident()

    page = responder.post(triage_url(incident), {"verb": "take"}, follow=True)

    assert Incident.objects.get().owner_label == page.context["user"].username
    assert "You look after it." in page.content.decode()
    assert 'value="take"' not in page.content.decode()


def test_owner_stays_when_the_form_is_sent_as_it_is_and_the_owner_is_no_longer_listed(
    responder,
) -> None:
    incident = make_incident(owner_id="gone", owner_label="grace")
    page = Markup(responder.get(page_url(incident)).content.decode())
    (chosen,) = (it["value"] for tag, it in page.elements if tag == "option" and "selected" in it)

    responder.post(triage_url(incident), {"verb": "assign", "owner": chosen})

    assert Incident.objects.get().owner_label == "grace"
    assert not Activity.objects.exists()


@pytest.mark.parametrize("verb", [*sorted(ACTS), "reopen"])
def test_person_is_told_when_there_is_nothing_to_change(responder, verb) -> None:
    incident = make_incident()
    if verb in {"take", "snooze_while_usual", "resolve_in_next"}:
        Incident.objects.update(status="resolved")
        me = responder.get(list_url()).context["user"]
        Incident.objects.update(owner_id=str(me.pk), owner_label="me")

    page = responder.post(triage_url(incident), {"verb": verb}, follow=True)

    assert "Nothing to change." in page.content.decode()
    assert not Activity.objects.exists()


def test_whole_names_its_parts_and_takes_the_merge_back(responder, settings) -> None:
    settings.USE_THOUSAND_SEPARATOR = True
    often = make_incident(title="often", times_seen=7, pk=12_345)
    seldom = make_incident(title="seldom", pk=67_890)
    data = {"action": "merge", "_selected_action": [seldom.pk, often.pk]}
    told = responder.post(list_url(), data, follow=True).content.decode()
    assert f'1 incident merged into <a href="{page_url(often)}">often</a>.' in told

    page = responder.get(page_url(often)).content.decode()
    assert "Holds what was merged from" in page
    assert f'action="{triage_url(seldom)}"' in page
    assert page.count(f'href="{page_url(seldom)}"') == 2
    part = responder.get(page_url(seldom)).content.decode()
    assert part.count(f'href="{page_url(often)}"') == 2
    assert 'value="reopen"' not in part

    responder.post(triage_url(seldom), {"verb": "split"})
    assert "Holds what was merged from" not in responder.get(page_url(often)).content.decode()


def test_page_tells_whom_it_was_given_and_when_a_snooze_ends(responder) -> None:
    incident = make_incident()
    responder.post(triage_url(incident), {"verb": "snooze", "hours": "24"})
    responder.post(triage_url(incident), {"verb": "take"})

    text = " ".join(text_of(responder, incident).split())

    end = date_format(timezone.localtime(Incident.objects.get().snoozed_until), "DATETIME_FORMAT")
    assert f"until {end}" in text.partition("Activity")[2]
    assert "Assigned to user-" in text
