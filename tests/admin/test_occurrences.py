import html
import re
from urllib.parse import quote

import pytest
from django.urls import reverse

from errorkit.incidents.feedback import leave_feedback
from tests.admin.pages import Markup, list_url, page_url
from tests.factories import make_delivery, make_incident, make_light_report, make_occurrence


def url_of(page: str, *args) -> str:
    return reverse(f"admin:errorkit_occurrence_{page}", args=args)


def test_neighbours_are_linked_when_there_are_some(viewer) -> None:
    incident = make_incident()
    first, second, third = (make_occurrence(incident=incident) for _ in range(3))
    make_occurrence(incident=make_incident())

    def neighbours(occurrence):
        context = viewer.get(page_url(occurrence)).context
        return context["previous"], context["next"]

    assert neighbours(first) == (None, second.pk)
    assert neighbours(second) == (first.pk, third.pk)
    assert neighbours(third) == (second.pk, None)


@pytest.mark.parametrize(
    "typed", [str, str.lower, lambda text: text.replace("-", "")], ids=range(3)
)
def test_reference_is_an_address_of_its_own(viewer, typed) -> None:
    occurrence = make_occurrence()

    response = viewer.get(url_of("by_reference", typed(occurrence.reference)))

    assert response["Location"] == page_url(occurrence)


def test_reference_leads_to_the_list_when_it_is_unknown(viewer) -> None:
    response = viewer.get(url_of("by_reference", "00000-00000"))

    assert response["Location"] == f"{list_url('occurrence')}?q=00000-00000"


def test_address_is_refused_when_the_permission_is_missing(log_in) -> None:
    occurrence = make_occurrence()

    assert log_in().get(url_of("by_reference", occurrence.reference)).status_code == 403


def test_report_is_given_as_json_when_one_may_see_all_of_it(viewer, manager) -> None:
    occurrence = make_occurrence()

    response = manager.get(url_of("json", occurrence.pk))

    assert response["Content-Type"] == "application/json"
    assert response.json()["id"] == str(occurrence.pk)
    assert viewer.get(url_of("json", occurrence.pk)).status_code == 403


def test_report_is_not_found_when_the_occurrence_is_light(manager) -> None:
    occurrence = make_occurrence(report=make_light_report())

    assert manager.get(url_of("json", occurrence.pk)).status_code == 404


@pytest.mark.parametrize(
    "typed", ["user:7", "user:ada", "user:ADA@shop.example", "ada@shop.example"]
)
def test_failures_of_a_person_are_listed_when_the_person_is_asked_for(
    viewer, django_user_model, typed
) -> None:
    django_user_model.objects.create_user("ada", email="ada@shop.example", pk=7)
    hers, late = (
        make_occurrence(user_id="7", incident=make_incident()),
        make_occurrence(user_id="7"),
    )
    make_occurrence(user_id="8")

    listed = viewer.get(list_url("occurrence"), {"q": typed})

    assert [each.pk for each in listed.context["cl"].result_list] == [late.pk, hers.pk]
    incidents = viewer.get(list_url(), {"q": typed})
    assert [each.pk for each in incidents.context["cl"].result_list] == [hers.incident_id]
    assert f'href="{list_url("occurrence")}?q={quote(typed)}"' in incidents.content.decode()


def test_page_leads_to_all_failures_of_its_person(viewer) -> None:
    occurrence = make_occurrence(user_id="7")
    make_occurrence(user_id="8")

    (link,) = re.findall(
        r'class="ek-also" href="([^"]*)"', viewer.get(page_url(occurrence)).content.decode()
    )

    listed = viewer.get(html.unescape(link)).context["cl"].result_list
    assert [each.pk for each in listed] == [occurrence.pk]


def test_page_shows_what_its_visitor_wrote_and_where_it_went(viewer, manager) -> None:
    incident = make_incident(occurrences=2)
    first, second = incident.occurrences.order_by("id")
    leave_feedback(first.pk, text="I pressed <i>pay</i>.", email="visitor@example.com")
    make_delivery(incident, occurrence_id=first.pk, channel="sentry", status="accepted")

    text = Markup(viewer.get(page_url(first)).content.decode()).text
    assert "I pressed <i>pay</i>." in text
    assert "sentry" in text
    assert "visitor@example.com" not in text
    assert "visitor@example.com" in manager.get(page_url(first)).content.decode()
    other = viewer.get(page_url(second)).content.decode()
    assert "I pressed" not in other
    assert "ek-delivery" not in other
