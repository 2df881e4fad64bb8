"""Incidents over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from errorkit.models import Activity, Incident
from tests import factories
from tests.rest.conftest import API

LIST = f"{API}/incidents/"


def ids_of(answer):
    return [row["id"] for row in answer.json()["results"]]


def walk(client, url):
    """Follow the cursor to the end; return the ids and the number of pages."""
    found, pages = [], 0
    while url:
        answer = client.get(url)
        assert answer.status_code == 200
        found += ids_of(answer)
        pages += 1
        url = answer.json()["next"]
    return found, pages


def test_list_leads_through_every_incident_once_when_followed(viewer):
    moment = timezone.now()
    # Several were seen last in the same moment: the cursor has to tell them apart.
    made = [
        factories.make_incident(last_seen=moment - timedelta(seconds=number // 3)).pk
        for number in range(11)
    ]
    found, pages = walk(viewer, f"{LIST}?page_size=4")
    assert sorted(found) == made
    assert len(found) == len(set(found))
    assert pages == 3


def test_list_leads_through_every_row_once_when_others_come_in_meanwhile(viewer):
    moment = timezone.now()
    made = [
        factories.make_incident(last_seen=moment - timedelta(seconds=number)).pk
        for number in range(7)
    ]
    found, url = [], f"{LIST}?page_size=2"
    while url:
        answer = viewer.get(url)
        found += ids_of(answer)
        url = answer.json()["next"]
        factories.make_incident(last_seen=timezone.now())
    assert found == made


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ("status=open", True),
        ("status=resolved", False),
        ("environment=production", True),
        ("environment=staging", False),
        ("status_code=500&kind=request&level=error", True),
        ("status_code=502", False),
        ("release=1.4.2", True),
        ("release=1.4.0", False),
        ("q=BY+ZERO", True),
        ("q=shop.views", True),
        ("q=nothing", False),
        ("seen_since=2020-01-01T00:00:00Z", True),
        ("seen_since=2120-01-01T00:00:00Z", False),
        ("opened_since=2120-01-01T00:00:00", False),
        ("unknown=1", True),
    ],
)
def test_list_is_narrowed_by_the_query(viewer, query, matches):
    incident = factories.make_incident()
    assert ids_of(viewer.get(f"{LIST}?{query}")) == ([incident.pk] if matches else [])


@pytest.mark.parametrize(
    "query",
    [
        "status=broken",
        "status=",
        "status_code=abc",
        "status_code=99999999999999999999",
        "q=%00",
        "seen_since=yesterday",
        "seen_since=0001-01-01T00:00:00%2B14:00",
        "environment=" + "x" * 65,
    ],
)
def test_list_answers_400_when_the_query_makes_no_sense(viewer, query):
    assert viewer.get(f"{LIST}?{query}").status_code == 400


@pytest.mark.parametrize("cursor", ["x", "cD14", "cD0wMDAwLTAwLTAw", "bz0tMQ==", "%00", "b2ZmPQ"])
def test_list_answers_404_when_the_cursor_is_forged(viewer, cursor):
    answer = viewer.get(f"{LIST}?cursor={cursor}")
    assert answer.status_code in {200, 404}
    assert "results" in answer.json() or answer.status_code == 404


def test_list_takes_the_same_queries_whatever_it_holds(viewer, django_assert_num_queries):
    for _ in range(3):
        factories.make_incident()
    viewer.get(LIST)
    # Session, user, its two sources of permissions, the page.
    with django_assert_num_queries(5):
        viewer.get(LIST)


@pytest.mark.parametrize(
    ("verb", "before", "after", "kind"),
    [
        ("acknowledge", "open", "acknowledged", "acknowledged"),
        ("resolve", "open", "resolved", "resolved"),
        ("ignore", "open", "ignored", "ignored"),
        ("reopen", "resolved", "open", "reopened"),
        ("reopen", "acknowledged", "open", "reopened"),
    ],
)
def test_verb_changes_the_incident_and_tells_who_did_it(responder, verb, before, after, kind):
    incident = factories.make_incident(status=before)
    answer = responder.post(
        f"{LIST}{incident.pk}/{verb}/", {"text": "known"}, content_type="application/json"
    )
    assert answer.status_code == 200
    assert answer.json()["changed"] is True
    assert answer.json()["incident"]["status"] == after
    assert Incident.objects.get().status == after
    activity = Activity.objects.get()
    assert (activity.kind, activity.text) == (kind, "known")
    assert activity.actor_label.startswith("user-")


def test_verb_changes_nothing_when_it_is_repeated(responder):
    incident = factories.make_incident()
    first, second = (
        responder.post(f"{LIST}{incident.pk}/resolve/", content_type="application/json")
        for _ in range(2)
    )
    assert first.json()["changed"] is True
    assert second.status_code == 200
    assert second.json()["changed"] is False
    assert Activity.objects.count() == 1


def test_comment_is_kept_and_listed(responder):
    incident = factories.make_incident()
    answer = responder.post(
        f"{LIST}{incident.pk}/comments/",
        {"text": "It is the cache."},
        content_type="application/json",
    )
    assert answer.status_code == 201
    listed = responder.get(f"{LIST}{incident.pk}/activities/").json()["results"]
    assert listed == [answer.json()]
    assert listed[0]["text"] == "It is the cache."
    assert Incident.objects.get().status == "open"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{}", 400),
        (b'{"text": ""}', 400),
        (b'{"text": "\\u0000"}', 400),
        (b'{"text": "\\ud800"}', 400),
        (b'{"text": NaN}', 400),
        (b"[]", 400),
        (b"[" * 100_000, 400),
        (b"\xff", 400),
        (b'{"text": "' + b"x" * 10_001 + b'"}', 400),
        (b'{"text": "' + b"x" * 300_000 + b'"}', 413),
    ],
)
def test_comment_is_refused_when_the_body_is_bad(responder, body, status):
    incident = factories.make_incident()
    answer = responder.post(f"{LIST}{incident.pk}/comments/", body, content_type="application/json")
    assert answer.status_code == status
    assert not Activity.objects.exists()


@pytest.mark.parametrize(
    "path", ["/", "/nothing/", "/incidents", "/incidents/999999/", "/incidents/x/"]
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_unknown_path_answers_404_as_json(manager, path, method):
    answer = getattr(manager, method)(API + path)
    assert answer.status_code in {404, 405}
    assert answer["Content-Type"] == "application/problem+json"
