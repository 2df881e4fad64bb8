"""Occurrences over the API."""

import logging
from urllib.parse import quote

import pytest

from tests import factories
from tests.rest.conftest import API

LIST = f"{API}/occurrences/"


def ids_of(answer):
    return [row["id"] for row in answer.json()["results"]]


def make_secretive_report():
    request = factories.make_request(headers={"Accept": "text/html"}, body={"iban": "DE00"})
    return factories.make_report(request=request)


def test_occurrence_is_found_by_reference_before_it_is_digested(viewer):
    occurrence = factories.make_occurrence()
    factories.make_occurrence()
    spoken = occurrence.reference.lower().replace("0", "o").replace("-", " ")
    assert ids_of(viewer.get(f"{LIST}?reference={quote(spoken)}")) == [str(occurrence.pk)]


@pytest.mark.parametrize("name", ["request_id", "user_id", "incident"])
def test_list_is_narrowed_by_the_query(viewer, name):
    incident = factories.make_incident()
    wanted = factories.make_occurrence(incident=incident, request_id="req-1", user_id="41")
    factories.make_occurrence(request_id="req-2", user_id="42")
    value = {"request_id": "req-1", "user_id": "41", "incident": incident.pk}[name]
    assert ids_of(viewer.get(f"{LIST}?{name}={value}")) == [str(wanted.pk)]


def test_list_is_narrowed_by_the_time(viewer):
    first, second, third = (factories.make_occurrence() for _ in range(3))
    # An id begins with its milliseconds; the factory makes each later than the one before.
    moment = second.pk.int >> 80
    since = f"{moment // 1000}.{moment % 1000:03}"
    assert first.pk.int >> 80 < moment < third.pk.int >> 80
    from datetime import UTC, datetime

    text = quote(datetime.fromtimestamp(float(since), UTC).isoformat(timespec="milliseconds"))
    assert ids_of(viewer.get(f"{LIST}?since={text}")) == [str(third.pk), str(second.pk)]
    assert ids_of(viewer.get(f"{LIST}?until={text}")) == [str(first.pk)]


@pytest.mark.parametrize("query", ["since=0001-01-01T00:00:00Z", "until=9999-12-31T23:59:59Z"])
def test_list_holds_everything_when_the_time_is_extreme(viewer, query):
    occurrence = factories.make_occurrence()
    assert ids_of(viewer.get(f"{LIST}?{query}")) == [str(occurrence.pk)]


@pytest.mark.parametrize("query", ["reference=nonsense", "incident=0", "incident=1" + "0" * 30])
def test_list_answers_400_when_the_query_makes_no_sense(viewer, query):
    assert viewer.get(f"{LIST}?{query}").status_code == 400


def test_list_never_reads_payloads(viewer, django_assert_num_queries):
    factories.make_occurrence()
    with django_assert_num_queries(5) as queries:
        viewer.get(LIST)
    assert not any('"payload"' in each["sql"] or "`payload`" in each["sql"] for each in queries)


def test_report_is_whole_when_sensitive_data_may_be_seen(manager):
    occurrence = factories.make_occurrence(report=make_secretive_report())
    shown = manager.get(f"{LIST}{occurrence.pk}/").json()
    assert shown["sensitive"] is True
    assert shown["report"]["v"] == 1
    assert shown["report"]["request"]["body"] == {"iban": "DE00"}
    assert shown["report"]["request"]["headers"]["Accept"] == "text/html"
    assert any(
        frame["locals"] for each in shown["report"]["exceptions"] for frame in each["frames"]
    )


def test_reading_is_logged_when_it_shows_sensitive_parts(manager, viewer, caplog):
    occurrence = factories.make_occurrence(report=make_secretive_report())
    light = factories.make_occurrence(report=factories.make_light_report())
    with caplog.at_level(logging.INFO, logger="errorkit.audit"):
        viewer.get(f"{LIST}{occurrence.pk}/")
        manager.get(LIST)
        manager.get(f"{LIST}{light.pk}/")
        assert caplog.messages == []
        manager.get(f"{LIST}{occurrence.pk}/")
    (said,) = caplog.messages
    assert f"saw the sensitive parts of occurrence {occurrence.pk}" in said


@pytest.mark.parametrize(
    "path", ["", "export/csv/", "export/ndjson/", "?q=DE00", "?reference=DE00"]
)
def test_sensitive_parts_are_in_no_list_when_anybody_reads_it(manager, path):
    incident = factories.make_incident(report=make_secretive_report(), occurrences=1)
    for list_of in ("occurrences", "incidents"):
        answer = manager.get(f"{API}/{list_of}/{path}")
        content = b"".join(answer) if answer.streaming else answer.content
        for secret in (b"Basket of 0", b"text/html", b"iban"):
            assert secret not in content
    assert ids_of(manager.get(f"{API}/incidents/?q=iban")) == []
    assert ids_of(manager.get(f"{API}/incidents/?q=checkout")) == [incident.pk]


@pytest.mark.parametrize("who", ["viewer", "responder"])
def test_report_is_cut_when_sensitive_data_may_not_be_seen(people, who):
    occurrence = factories.make_occurrence(report=make_secretive_report())
    answer = people[who].get(f"{LIST}{occurrence.pk}/")
    shown = answer.json()
    assert shown["sensitive"] is False
    assert shown["report"]["request"]["headers"] == {}
    assert shown["report"]["exceptions"][0]["frames"][0]["context_line"]
    assert b"DE00" not in answer.content
    assert b"Basket of 0" not in answer.content


def test_report_is_null_when_the_occurrence_is_light_or_unreadable(viewer):
    light = factories.make_occurrence(report=factories.make_light_report())
    broken = factories.make_occurrence()
    type(broken).objects.filter(pk=broken.pk).update(payload="{")
    for each in (light, broken):
        answer = viewer.get(f"{LIST}{each.pk}/")
        assert answer.status_code == 200
        assert answer.json()["report"] is None
