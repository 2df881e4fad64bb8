import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from errorkit.admin.verbs import VERBS
from errorkit.models import Activity, Incident
from tests.admin.pages import Markup, list_url, page_url, triage_url
from tests.factories import (
    make_activity,
    make_delivery,
    make_exception,
    make_frame,
    make_incident,
    make_library_frame,
    make_light_report,
    make_occurrence,
    make_report,
    make_request,
    make_sweep,
)


def make_row(model: str) -> Any:
    if model == "incident":
        return make_incident()
    return make_occurrence() if model == "occurrence" else make_delivery()


def text_of(client, row) -> str:
    response = client.get(page_url(row))
    assert response.status_code == 200
    return Markup(response.content.decode()).text


def test_page_tells_the_failure_when_it_is_opened(viewer) -> None:
    report = make_report()
    incident = make_incident(report=report, occurrences=1)

    text = text_of(viewer, incident)

    for part in (
        report.title,
        report.location,
        report.reference,
        report.request_id,
        "division by zero",
        "shop/views.py:42",
        "total = basket.total / basket.size",
        "/checkout/",
        "shop.example.com",
        "ada",
        "1.4.0",
    ):
        assert part in text


def test_page_shows_the_causes_when_the_exception_has_some(viewer) -> None:
    report = make_report(
        exceptions=(
            make_exception(type="PaymentFailed", message="no answer"),
            make_exception(type="TimeoutError", relation="cause", parent=0, notes=("try 3",)),
        )
    )

    text = text_of(viewer, make_incident(report=report, occurrences=1))

    for part in ("PaymentFailed", "Caused by", "TimeoutError", "try 3"):
        assert part in text


def test_page_says_what_to_look_at_first_when_the_trouble_is_well_known(viewer) -> None:
    report = make_report(exceptions=(make_exception(type="TimeoutError"),))

    assert "did not answer in time" in text_of(viewer, make_incident(report=report, occurrences=1))


def test_library_frames_are_folded_when_the_site_has_frames_of_its_own(viewer) -> None:
    frames = (make_library_frame(), make_library_frame(function="inner"), make_frame())
    report = make_report(exceptions=(make_exception(frames=frames),))

    page = viewer.get(page_url(make_incident(report=report, occurrences=1))).content.decode()

    own, rest = page.index("ek-in-app"), page.index("2 library frames")
    assert own < rest
    opened = [attrs["class"] for tag, attrs in Markup(page).elements if "open" in attrs]
    assert [each for each in opened if "ek-frame" in each] == ["ek-frame ek-in-app"]


def test_innermost_frame_is_open_when_all_frames_are_library_frames(viewer) -> None:
    frames = (make_library_frame(), make_library_frame(function="innermost"))
    report = make_report(exceptions=(make_exception(frames=frames),))

    page = viewer.get(page_url(make_incident(report=report, occurrences=1))).content.decode()

    assert page.index("innermost") < page.index("1 library frame")


def test_sensitive_parts_are_hidden_when_the_permission_is_missing(viewer, manager) -> None:
    report = make_report(
        exceptions=(make_exception(frames=(make_frame(locals={"iban": "GB00-LOCAL"}),)),),
        request=make_request(headers={"X-Tenant": "HEADER-7"}, body={"note": "BODY-7"}),
    )
    incident = make_incident(report=report, occurrences=1)

    for row in (incident, incident.occurrences.get()):
        for secret in ("GB00-LOCAL", "HEADER-7", "BODY-7"):
            assert secret not in text_of(viewer, row)
            assert secret in text_of(manager, row)


def test_names_of_locals_do_not_confuse_the_page_when_they_are_methods_of_dict(manager) -> None:
    frame = make_frame(locals={"items": "ITEMS-7", "keys": "KEYS-7"})
    report = make_report(exceptions=(make_exception(frames=(frame,)),), context={"items": "C-7"})

    text = text_of(manager, make_incident(report=report, occurrences=1))

    for part in ("ITEMS-7", "KEYS-7", "C-7"):
        assert part in text


def test_page_says_how_many_were_kept_in_full_when_a_storm_left_light_rows(viewer) -> None:
    incident = make_incident(occurrences=1)
    assert "in full of" not in text_of(viewer, incident)

    Incident.objects.update(times_seen=12_311, times_light=12_271)

    assert "40 in full of 12,311" in text_of(viewer, incident)


def test_page_still_opens_when_no_full_report_is_left(viewer) -> None:
    assert "No full report" in text_of(viewer, make_incident())


@pytest.mark.parametrize("payload", ["", "{", "[]", '{"v": 1}', "null"])
def test_page_still_opens_when_the_report_is_damaged(viewer, payload) -> None:
    incident = make_incident(occurrences=1)
    incident.occurrences.update(payload=payload)

    assert incident.title in text_of(viewer, incident)
    assert "cannot be read" in text_of(viewer, incident.occurrences.get())


def test_deliveries_show_every_attempt_when_there_were_some(viewer) -> None:
    incident = make_incident(occurrences=1)
    make_delivery(incident, tries=2, last_error="refused")
    make_delivery(incident, status="accepted", upstream_id="0af7651916cd43dd", channel="webhook")

    page = viewer.get(page_url(incident)).content.decode()

    text = Markup(page).text
    assert text.count("Service Unavailable") == 2
    for part in ("503", "refused", "0af7651916cd43dd", "webhook", "accepted", "2 attempts"):
        assert part in text


def test_activity_tells_who_did_what_when_there_was_some(viewer) -> None:
    incident = make_incident()
    make_activity(incident, kind="resolved", actor_label="grace", text="mended")

    text = text_of(viewer, incident)

    assert "Resolved by grace" in text
    assert "mended" in text


@pytest.mark.parametrize(
    ("before", "offered"),
    [
        ("open", ["acknowledge", "resolve", "ignore"]),
        ("acknowledged", ["resolve", "ignore", "reopen"]),
        ("resolved", ["reopen"]),
        ("ignored", ["reopen"]),
    ],
)
def test_buttons_fit_the_status_when_one_may_change_it(responder, viewer, before, offered) -> None:
    incident = make_incident(status=before)

    def buttons(client):
        elements = Markup(client.get(page_url(incident)).content.decode()).elements
        verbs = [attrs["value"] for _, attrs in elements if attrs.get("name") == "verb"]
        return [verb for verb in verbs if verb in VERBS]

    assert buttons(responder) == offered
    assert buttons(viewer) == []


@pytest.mark.parametrize(
    ("verb", "before", "after"),
    [
        ("acknowledge", "open", "acknowledged"),
        ("resolve", "open", "resolved"),
        ("ignore", "open", "ignored"),
        ("reopen", "resolved", "open"),
        ("reopen", "acknowledged", "open"),
    ],
)
def test_button_changes_the_incident_when_pressed(responder, verb, before, after) -> None:
    incident = make_incident(status=before)

    response = responder.post(triage_url(incident), {"verb": verb}, follow=True)

    assert response.redirect_chain == [(page_url(incident), 302)]
    assert Incident.objects.get().status == after
    assert Activity.objects.get().actor_label == response.context["user"].username


def test_triage_is_refused_when_it_is_not_allowed(viewer, responder) -> None:
    incident = make_incident()

    assert viewer.post(triage_url(incident), {"verb": "resolve"}).status_code == 403
    assert responder.get(triage_url(incident)).status_code == 405
    assert responder.post(triage_url(incident), {"verb": "explode"}).status_code == 400
    assert Client().post(triage_url(incident), {"verb": "resolve"}).status_code == 302
    assert Incident.objects.get().status == "open"


def test_triage_is_refused_when_the_form_carries_no_token(responder) -> None:
    incident = make_incident()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = responder.cookies

    assert strict.post(triage_url(incident), {"verb": "resolve"}).status_code == 403


def test_page_leads_back_to_the_list_when_the_incident_is_gone(viewer) -> None:
    url = reverse("admin:errorkit_incident_change", args=["123456"])

    response = viewer.get(url, follow=True)

    assert response.redirect_chain == [(list_url(), 302)]
    assert "123456" in response.content.decode()


@pytest.mark.parametrize("model", ["incident", "occurrence", "delivery"])
def test_nothing_is_shown_when_the_permission_is_missing(log_in, model) -> None:
    row = make_row(model)
    client = log_in()

    assert client.get(list_url(model)).status_code == 403
    assert client.get(page_url(row)).status_code == 403


@pytest.mark.parametrize("model", ["incident", "occurrence", "delivery"])
def test_nothing_is_added_edited_or_deleted_by_hand_even_by_a_superuser(
    admin_client, model
) -> None:
    row = make_row(model)
    before = type(row).objects.values().get()

    assert admin_client.get(reverse(f"admin:errorkit_{model}_add")).status_code == 403
    delete = reverse(f"admin:errorkit_{model}_delete", args=[row.pk])
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    admin_client.post(page_url(row), {"title": "changed", "status": "resolved", "key": "changed"})

    assert type(row).objects.values().get() == before


def test_page_asks_the_same_few_questions_when_there_is_more_to_show(
    viewer, django_assert_max_num_queries
) -> None:
    make_sweep()
    incident = make_incident(occurrences=40)
    for _ in range(40):
        make_activity(incident)
        make_delivery(incident, tries=3)

    with django_assert_max_num_queries(19):
        viewer.get(page_url(incident))


def test_occurrence_page_says_so_when_it_is_not_digested(viewer) -> None:
    occurrence = make_occurrence()

    text = text_of(viewer, occurrence)

    assert "not yet counted" in text
    assert occurrence.reference in text


def test_occurrence_page_leads_to_the_newest_full_one_when_it_is_light(viewer) -> None:
    incident = make_incident(occurrences=1)
    light = make_occurrence(incident=incident, report=make_light_report())

    page = viewer.get(page_url(light)).content.decode()

    assert reverse("admin:errorkit_occurrence_change", args=[incident.last_full_id]) in page


def test_occurrence_page_asks_few_questions(viewer, django_assert_max_num_queries) -> None:
    make_sweep()
    occurrence = make_occurrence(incident=make_incident())

    with django_assert_max_num_queries(12):
        viewer.get(page_url(occurrence))


def test_delivery_page_shows_the_tries_when_there_were_some(
    viewer, django_assert_max_num_queries
) -> None:
    make_sweep()
    delivery = make_delivery(make_incident(), tries=3)

    with django_assert_max_num_queries(9):
        text = text_of(viewer, delivery)

    assert text.count("Service Unavailable") == 3


@pytest.mark.parametrize("verb", ["acknowledge", "take"])
def test_way_back_to_the_list_keeps_its_filters_when_something_was_done(responder, verb) -> None:
    incident = make_incident(environment="staging")
    make_incident()
    filters = "environment=staging&owner=nobody"
    listed = responder.get(f"{list_url()}?{filters}").content.decode()
    (link,) = re.findall(rf'href="({page_url(incident)}[^"]*)"', listed)

    page = responder.get(html.unescape(link)).content.decode()
    (door,) = set(re.findall(rf'action="({triage_url(incident)}[^"]*)"', page))
    response = responder.post(html.unescape(door), {"verb": verb})

    assert response["Location"] == html.unescape(link)
    back = responder.get(response["Location"]).content.decode()
    assert f'href="{list_url()}?{html.escape(filters)}"' in back


@pytest.mark.parametrize(
    ("values", "news"),
    [
        ({"first_seen": timezone.now()}, "new"),
        ({"generation": 2}, "came back"),
        ({"generation": 2, "status": "resolved"}, ""),
        ({}, ""),
    ],
)
def test_new_incidents_and_those_that_came_back_are_marked(viewer, values, news) -> None:
    incident = make_incident(**values)

    for url in (page_url(incident), f"{list_url()}?status=all"):
        marks = re.findall(r"ek-badge-news\">([^<]*)<", viewer.get(url).content.decode())
        assert marks == ([news] if news else [])
