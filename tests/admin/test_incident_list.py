import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from errorkit.incidents.feedback import leave_feedback
from errorkit.models import Activity, Deploy, HourlyCount, Incident, Occurrence
from tests.admin.pages import Markup, list_url, page_url
from tests.factories import make_delivery, make_incident, make_occurrence, make_sweep


def titles(response) -> list[str]:
    return [incident.title for incident in response.context["cl"].result_list]


def test_list_shows_unresolved_incidents_most_urgent_first_when_opened(viewer) -> None:
    now = timezone.now()
    make_incident(title="older", last_seen=now - timedelta(hours=1))
    make_incident(title="newer", last_seen=now)
    make_incident(title="fatal", level="fatal", last_seen=now - timedelta(hours=2))
    make_incident(title="taken", status="acknowledged", last_seen=now)
    make_incident(title="resting", level="fatal", snoozed_until=now + timedelta(hours=1))
    make_incident(title="mended", status="resolved")
    make_incident(title="noise", status="ignored")

    assert titles(viewer.get(list_url())) == [
        "fatal",
        "newer",
        "older",
        "taken",
        "resting",
    ]


@pytest.mark.parametrize("status", ["open", "acknowledged", "resolved", "ignored"])
def test_list_shows_one_status_when_it_is_chosen(viewer, status) -> None:
    for value in Incident.Status.values:
        make_incident(title=value, status=value)

    assert titles(viewer.get(list_url(), {"status": status})) == [status]


def test_list_shows_what_rests_when_snoozed_ones_are_chosen(viewer) -> None:
    later = timezone.now() + timedelta(hours=1)
    make_incident(title="resting", snoozed_until=later)
    make_incident(title="resting and acknowledged", snoozed_until=later, status="acknowledged")
    make_incident(title="awake")

    found = titles(viewer.get(list_url(), {"status": "snoozed"}))
    assert sorted(found) == ["resting", "resting and acknowledged"]


def test_list_shows_all_when_all_are_chosen(viewer) -> None:
    for value in Incident.Status.values:
        make_incident(title=value, status=value)

    assert len(titles(viewer.get(list_url(), {"status": "all"}))) == 4


def test_list_says_what_where_and_how_often_when_it_is_read(viewer) -> None:
    make_incident(
        title="ValueError: no such basket",
        location="shop.views in checkout",
        times_seen=12_345,
        environment="staging",
        last_release="2.0.1",
    )

    text = Markup(viewer.get(list_url()).content.decode()).text

    for part in ("no such basket", "shop.views in checkout", "12,345", "staging", "2.0.1", "open"):
        assert part in text


@pytest.mark.parametrize(
    ("column", "parameter"),
    [("environment", "environment"), ("last_release", "release"), ("level", "level")],
)
def test_list_is_narrowed_when_a_filter_is_chosen(viewer, column, parameter) -> None:
    for title, value in (("wanted", "warning"), ("other", "error")):
        incident = make_incident(title=title)
        Incident.objects.filter(pk=incident.pk).update(**{column: value})

    assert titles(viewer.get(list_url(), {parameter: "warning"})) == ["wanted"]


def test_list_is_narrowed_when_a_status_code_is_chosen(viewer) -> None:
    make_incident(title="wanted", status_code=503)
    make_incident(title="other", status_code=500)

    assert titles(viewer.get(list_url(), {"code": "503"})) == ["wanted"]
    assert titles(viewer.get(list_url(), {"code": "x"})) == []


def test_list_is_narrowed_when_an_owner_is_chosen(viewer) -> None:
    me = viewer.get(list_url()).context["user"]
    make_incident(title="mine", owner_id=str(me.pk), owner_label="me")
    make_incident(title="nobody's")

    assert titles(viewer.get(list_url(), {"owner": "me"})) == ["mine"]
    assert titles(viewer.get(list_url(), {"owner": "nobody"})) == ["nobody's"]


def test_list_is_narrowed_when_somebody_else_is_chosen(viewer) -> None:
    make_incident(title="hers", owner_id="me", owner_label="grace")
    make_incident(title="nobody's")

    page = viewer.get(list_url(), {"owner": "id-me"})

    assert titles(page) == ["hers"]
    assert "?owner=id-me" in page.content.decode()


@pytest.mark.parametrize(
    ("parameter", "column", "value"),
    [("family", "family", "database"), ("kind", "kind", "task"), ("level", "level", "fatal")],
)
def test_list_is_narrowed_when_cause_kind_or_level_is_chosen(
    viewer, parameter, column, value
) -> None:
    make_incident(title="wanted", **{column: value})
    make_incident(title="other")

    assert titles(viewer.get(list_url(), {parameter: value})) == ["wanted"]


def test_list_shows_users_conditions_and_both_drawings(viewer) -> None:
    now = timezone.now()
    incident = make_incident(
        users_affected=4321, snoozed_until=now + timedelta(days=1), snoozed_rate=12
    )
    make_incident(status="resolved", resolution="next", resolved_release="1.4.2")
    hour = now.replace(minute=0, second=0, microsecond=0)
    for days, count in ((0, 3), (9, 4)):
        HourlyCount.objects.create(incident=incident, hour=hour - timedelta(days=days), count=count)

    page = viewer.get(list_url(), {"status": "all"}).content.decode()

    assert "4,321" in page
    assert "snoozed up to 12 an hour" in page
    assert "in the release after 1.4.2" in page
    assert "Last 24 hours: seen 3 times" in page
    assert "Last 30 days: seen 7 times" in page


def test_list_shows_what_is_new_since_the_last_deploy_of_its_environment(viewer) -> None:
    now = timezone.now()
    for environment, hours in (("production", 1), ("production", 9), ("staging", 5)):
        Deploy.objects.create(
            release=f"{hours}", environment=environment, at=now - timedelta(hours=hours)
        )
    for title, environment, minutes in (
        ("old", "production", 120),
        ("new", "production", 30),
        ("new in staging", "staging", 120),
        ("never deployed", "test", 5),
    ):
        seen = now - timedelta(minutes=minutes)
        make_incident(title=title, environment=environment, first_seen=seen)

    assert set(titles(viewer.get(list_url(), {"new": "deploy"}))) == {"new", "new in staging"}


def test_list_says_who_looks_after_it_and_how_many_wrote(viewer) -> None:
    incident = make_incident(owner_label="grace", occurrences=1)
    for text in ("I pressed pay.", "Again."):
        leave_feedback(incident.last_full_id, text=text)

    assert "grace · 2 messages" in viewer.get(list_url()).content.decode()


def test_list_finds_words_of_the_title_in_every_status_when_searching(viewer) -> None:
    make_incident(title="KeyError: colour", status="resolved")
    make_incident(title="ValueError")

    assert titles(viewer.get(list_url(), {"q": "colour"})) == ["KeyError: colour"]


@pytest.mark.parametrize("digested", [True, False])
def test_search_leads_to_the_occurrence_when_a_reference_is_typed(viewer, digested) -> None:
    occurrence = make_occurrence(incident=make_incident() if digested else None)

    response = viewer.get(list_url(), {"q": occurrence.reference.lower()})

    assert response.status_code == 302
    assert response["Location"] == page_url(occurrence)


@pytest.mark.parametrize("digested", [True, False])
def test_search_leads_to_the_occurrence_when_a_request_id_is_typed(viewer, digested) -> None:
    incident = make_incident() if digested else None
    occurrence = make_occurrence(incident=incident, request_id="0123456789abcdef")

    response = viewer.get(list_url(), {"q": "0123456789abcdef"})

    assert response["Location"] == page_url(occurrence)


@pytest.mark.parametrize(
    "typed", ["0af7651916cd43dd8448eb211c80319c", "0AF7651916CD43DD8448EB211C80319C"]
)
def test_search_leads_to_the_occurrence_when_a_trace_id_is_typed(viewer, typed) -> None:
    occurrence = make_occurrence()

    assert viewer.get(list_url(), {"q": typed})["Location"] == page_url(occurrence)


def test_search_leads_to_all_occurrences_when_they_share_a_request_id(viewer) -> None:
    found = {make_occurrence(request_id="shared-request").pk for _ in range(2)}
    make_occurrence()

    response = viewer.get(list_url(), {"q": "shared-request", "status": "all"}, follow=True)

    assert response.redirect_chain == [(f"{list_url('occurrence')}?q=shared-request", 302)]
    assert {each.pk for each in response.context["cl"].result_list} == found


def test_bulk_action_changes_all_selected_when_allowed(responder) -> None:
    incidents = [make_incident() for _ in range(3)]

    response = responder.post(
        list_url(),
        {"action": "resolve", "_selected_action": [each.pk for each in incidents[:2]]},
        follow=True,
    )

    assert "2 incidents resolved." in response.content.decode()
    assert sorted(Incident.objects.values_list("status", flat=True)) == [
        "open",
        "resolved",
        "resolved",
    ]
    assert set(Activity.objects.values_list("kind", flat=True)) == {"resolved"}


def test_bulk_action_is_not_there_when_one_may_only_view(viewer) -> None:
    incident = make_incident()

    page = viewer.get(list_url()).content.decode()
    viewer.post(list_url(), {"action": "resolve", "_selected_action": [incident.pk]})

    assert 'value="resolve"' not in page
    assert Incident.objects.get().status == "open"


def test_deleting_is_not_offered_when_one_may_do_everything_else(manager, admin_client) -> None:
    make_incident()

    for client in (manager, admin_client):
        assert "delete_selected" not in client.get(list_url()).content.decode()


def test_list_asks_the_same_few_questions_when_it_grows(viewer) -> None:
    make_sweep()
    make_incident(occurrences=1)
    viewer.get(list_url())
    few = count_queries(viewer)
    for _ in range(30):
        make_incident(occurrences=2)

    many = count_queries(viewer)

    assert len(many) == len(few) <= 12
    assert not [sql for sql in many if "errorkit_occurrence" in sql]
    counts = [sql for sql in many if "COUNT(*)" in sql]
    assert [re.search(r"LIMIT 1000\)", sql) is not None for sql in counts] == [True]


def count_queries(client) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(list_url()).status_code == 200
    return [query["sql"] for query in queries]


def leaf(client, response, rel: str):
    """Follow the link to the page beside this one."""
    (address,) = re.findall(rf'<a href="([^"]*)" rel="{rel}"', response.content.decode())
    return client.get(list_url() + html.unescape(address))


def make_many(number: int, levels: tuple[str, ...] = ("error",)) -> None:
    now = timezone.now()
    Incident.objects.bulk_create(
        Incident(
            title=f"{place:03}",
            kind="request",
            level=levels[place % len(levels)],
            environment="production",
            times_seen=place % 3,
            first_seen=now,
            last_seen=now - timedelta(minutes=place // 2),
        )
        for place in range(number)
    )


@pytest.mark.parametrize("order", ["", "1", "-3", "3.-1", "2.-4"])
def test_list_pages_through_in_both_directions_when_there_are_many(viewer, order) -> None:
    make_many(123, levels=("error", "warning", "error", "fatal", "error"))
    everything = list(
        viewer.get(list_url(), {"o": order}).context["cl"].queryset.values_list("title", flat=True)
    )

    pages = [viewer.get(list_url(), {"o": order})]
    while pages[-1].context["cl"].after:
        pages.append(leaf(viewer, pages[-1], "next"))
    back = leaf(viewer, leaf(viewer, pages[2], "prev"), "prev")

    assert [titles(page) for page in pages] == [
        everything[:50],
        everything[50:100],
        everything[100:],
    ]
    assert titles(back) == everything[:50]
    assert not back.context["cl"].before


def test_list_goes_on_where_it_was_when_a_row_above_has_moved(viewer) -> None:
    make_many(60)
    first = viewer.get(list_url())
    Incident.objects.filter(title="055").update(last_seen=timezone.now())

    assert titles(leaf(viewer, first, "next")) == [
        "051",
        "050",
        "053",
        "052",
        "054",
        "057",
        "056",
        "059",
        "058",
    ]


@pytest.mark.parametrize("page", ["2", "0", "-1", "x", "\x00", "a" * 3000])
def test_list_begins_at_the_front_when_a_page_is_not_ours(viewer, page) -> None:
    make_many(60)

    assert titles(viewer.get(list_url(), {"p": page})) == titles(viewer.get(list_url()))


def test_list_begins_at_the_front_when_the_page_is_of_another_order(viewer) -> None:
    make_many(60)
    page = viewer.get(list_url()).context["cl"].after.partition("p=")[2]

    assert len(titles(viewer.get(f"{list_url()}?o=1&p={page}"))) == 50


def test_page_keeps_the_filters_and_a_filter_forgets_the_page(viewer) -> None:
    make_many(120)
    second = leaf(viewer, viewer.get(list_url(), {"level": "error", "o": "-3"}), "next")

    assert "level=error" in second.context["cl"].after
    assert "o=-3" in second.context["cl"].after
    assert "p=" not in second.context["cl"].get_query_string({"level": "warning"})


@pytest.mark.parametrize("waiting", ["delivery", "occurrence"])
@pytest.mark.parametrize("minutes", [None, 2])
def test_red_line_is_shown_when_work_waits_and_nobody_sweeps(viewer, waiting, minutes) -> None:
    if waiting == "delivery":
        make_delivery()
    else:
        make_occurrence()
        # What was recorded just now is the background thread's.
        Occurrence.objects.update(recorded_at=timezone.now() - timedelta(minutes=2))
    if minutes:
        make_sweep(timezone.now() - timedelta(minutes=minutes))

    page = viewer.get(list_url()).content.decode()

    assert 'role="alert"' in page
    assert "errorkit_deliver --loop" in page


def test_red_line_is_not_shown_when_somebody_sweeps(viewer) -> None:
    make_delivery()
    make_sweep()

    assert 'role="alert"' not in viewer.get(list_url()).content.decode()


def test_red_line_is_not_shown_when_nothing_waits(viewer) -> None:
    make_incident(occurrences=1)
    make_delivery(status="accepted")

    assert 'role="alert"' not in viewer.get(list_url()).content.decode()
