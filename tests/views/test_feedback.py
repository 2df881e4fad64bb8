import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from errorkit.incidents import feedback as room
from errorkit.incidents.feedback import MOST_PER_HOUR, MOST_PER_INCIDENT, feedback_of
from errorkit.models import Feedback, Incident, Occurrence
from errorkit.reports.identity import make_occurrence_id
from errorkit.responses.feedback import make_token, read_token
from errorkit.sweep import sweep
from tests.factories import make_occurrence, make_report
from tests.responses.asking import BROWSER

URL = "/errors/feedback/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(settings: Any) -> Client:
    settings.ROOT_URLCONF = "tests.views.urls"
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def fail(visitor: Client) -> tuple[str, str]:
    """Return where the form of an error page posts to, and its token."""
    page = visitor.get("/fail/", HTTP_ACCEPT=BROWSER).content.decode()
    action = re.search(r'<form method="post" action="([^"]*)"', page)
    token = re.search(r'name="token" value="([^"]*)"', page)
    assert action
    assert token
    return action[1], token[1]


def test_form_is_on_the_page_when_the_urls_are_included(visitor: Client) -> None:
    action, token = fail(visitor)

    assert action == URL
    assert read_token(token) == Occurrence.objects.get().pk


def test_form_is_not_on_the_page_when_the_urls_are_not_included(
    visitor: Client, settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.middleware.views"

    assert b"<form" not in visitor.get("/fail/", HTTP_ACCEPT=BROWSER).content


def test_form_is_not_on_the_page_when_there_is_nothing_to_refer_to(visitor: Client) -> None:
    assert b"<form" not in visitor.get("/no-such-page/", HTTP_ACCEPT=BROWSER).content


def test_message_is_saved_when_it_is_sent_without_cookies(visitor: Client) -> None:
    action, token = fail(visitor)
    response = visitor.post(
        action, {"token": token, "text": " I pressed\r\nsave. ", "email": "ada@example.org"}
    )

    message = Feedback.objects.get()
    assert response.status_code == 200
    assert b"Thank you" in response.content
    assert Occurrence.objects.get().reference.encode() in response.content
    assert (message.text, message.email) == ("I pressed\nsave.", "ada@example.org")
    assert message.occurrence_id == Occurrence.objects.get().pk
    assert not response.cookies


def test_message_is_beside_its_incident_when_it_came_before_the_digest(visitor: Client) -> None:
    occurrence_id = make_occurrence_id()
    visitor.post(URL, {"token": make_token(occurrence_id), "text": "early"})
    incident = Incident.objects.create(
        title="t", kind="request", level="error", environment="production",
        first_seen=timezone.now(), last_seen=timezone.now(),
    )  # fmt: skip
    assert list(feedback_of(incident)) == []
    Occurrence.objects.create(
        id=occurrence_id, reference="AAAAA-AAAAA", fingerprint="f", environment="production",
        kind="request", level="error", occurred_at=timezone.now(), title="t", incident=incident,
        user_id="42",
    )  # fmt: skip

    message = feedback_of(incident).get()
    assert (message.text, message.user_id) == ("early", "42")
    incident.delete()
    assert not Feedback.objects.exists()


def test_message_finds_its_incident_when_its_occurrence_arrives_later(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_PENDING", 1)
    # The older one waits for an occurrence that never comes.
    lost, late = make_occurrence_id(), make_occurrence_id()
    for occurrence_id in (lost, late):
        visitor.post(URL, {"token": make_token(occurrence_id), "text": "early"})
    make_occurrence(report=make_report(id=late))

    sweep(deliver=False)

    assert Feedback.objects.get(incident=None).occurrence_id == lost
    assert Feedback.objects.exclude(incident=None).get().occurrence_id == late


@pytest.mark.trap("T62")
def test_message_is_saved_once_when_it_is_sent_twice(visitor: Client) -> None:
    action, token = fail(visitor)
    for _ in range(3):
        assert visitor.post(action, {"token": token, "text": "again"}).status_code == 200

    assert Feedback.objects.count() == 1


@pytest.mark.trap("T62")
@pytest.mark.parametrize(
    "token",
    ["", "x", "x" * 5000, make_token(UUID(int=1)).replace("0", "1", 1), "a:b:c", "\ud800", "\x00"],
    ids=["empty", "letter", "long", "forged", "colons", "surrogate", "nul"],
)
def test_message_is_refused_when_the_token_is_not_ours(visitor: Client, token: str) -> None:
    response = visitor.post(
        URL,
        f"token={token}&text=x".encode("utf-8", "replace"),
        content_type="application/x-www-form-urlencoded",
    )

    assert response.status_code == 400
    assert not Feedback.objects.exists()


def test_message_is_refused_when_the_token_is_a_day_old(visitor: Client) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=25)):
        token = make_token(make_occurrence_id())

    response = visitor.post(URL, {"token": token, "text": "late"})
    assert response.status_code == 400
    assert b"expired" in response.content


def test_person_is_told_how_else_to_write_when_the_form_has_expired(
    visitor: Client, settings: Any
) -> None:
    settings.ERRORKIT = {"BRAND": {"support_email": "help@example.org"}}

    response = visitor.post(URL, {"token": "x", "text": "late"})

    assert b'<a class="first" href="mailto:help@example.org">Contact us</a>' in response.content


@pytest.mark.parametrize(
    ("template", "is_seen"),
    [
        ('{% extends "errorkit/error.html" %}{% block footer %}Our footer{% endblock %}', True),
        ("<h1>{{ words.heading }}</h1><p>Our footer</p>", False),
        ('{% extends "errorkit/error.html" %}{% block footer %}{% gone %}Our footer', False),
    ],
)
def test_thanks_are_in_the_look_of_the_sites_own_page_when_it_extends_ours(
    visitor: Client, settings: Any, tmp_path: Path, template: str, is_seen: bool
) -> None:
    (tmp_path / "errorkit").mkdir()
    (tmp_path / "errorkit" / "error.html").write_text(template)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]

    form = {"token": make_token(make_occurrence_id()), "text": "<b>x</b>" * 1000}
    response = visitor.post(URL, form)

    assert (b"Our footer" in response.content) is is_seen
    assert b"&lt;b&gt;x&lt;/b&gt;" in response.content
    assert b'name="token"' in response.content


@pytest.mark.parametrize(
    ("text", "status"), [("", 400), (" \x00 ", 400), ("x" * 2001, 400), ("x" * 2000, 200)]
)
def test_message_comes_back_when_it_is_empty_or_too_long(
    visitor: Client, text: str, status: int
) -> None:
    response = visitor.post(URL, {"token": make_token(make_occurrence_id()), "text": text})

    assert response.status_code == status
    assert (b"<textarea" in response.content) is (status == 400)


@pytest.mark.trap("T62")
def test_message_is_not_read_when_the_body_is_huge(visitor: Client) -> None:
    response = visitor.post(URL, {"token": make_token(make_occurrence_id()), "text": "x" * 100_000})

    assert response.status_code == 413
    assert not Feedback.objects.exists()


def test_message_is_politely_refused_when_an_incident_has_enough(visitor: Client) -> None:
    token = make_token(make_occurrence_id())
    answers = [
        visitor.post(URL, {"token": token, "text": str(number)})
        for number in range(MOST_PER_INCIDENT + 2)
    ]

    assert [answer.status_code for answer in answers].count(429) == 2
    assert b"Thank you" in answers[-1].content
    assert Feedback.objects.count() == MOST_PER_INCIDENT


def test_message_is_politely_refused_when_the_site_has_enough_for_this_hour(
    visitor: Client,
) -> None:
    assert (MOST_PER_INCIDENT, MOST_PER_HOUR) == (20, 200)
    rows = [
        Feedback(occurrence_id=make_occurrence_id(), text=str(number))
        for number in range(MOST_PER_HOUR - 1)
    ]
    Feedback.objects.bulk_create(rows)
    answers = [
        visitor.post(URL, {"token": make_token(make_occurrence_id()), "text": "x"})
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 429]


def test_message_is_dropped_when_a_program_fills_in_the_hidden_field(visitor: Client) -> None:
    form = {"token": make_token(make_occurrence_id()), "text": "spam", "website": "http://spam"}

    assert visitor.post(URL, form).status_code == 200
    assert not Feedback.objects.exists()


def test_form_says_so_and_keeps_the_text_when_the_database_is_down(visitor: Client) -> None:
    def down(*_: object, **__: object) -> None:
        raise OperationalError

    token = make_token(make_occurrence_id())
    with connection.execute_wrapper(down):
        response = visitor.post(URL, {"token": token, "text": "<b>keep me</b>"})

    assert response.status_code == 503
    assert b"could not be saved" in response.content
    assert b"&lt;b&gt;keep me&lt;/b&gt;" in response.content
    assert token.encode() in response.content


def test_form_has_a_page_of_its_own_when_a_site_links_to_it(visitor: Client) -> None:
    response = visitor.get(URL, {"token": make_token(make_occurrence_id())})

    assert response.status_code == 200
    assert b"<textarea" in response.content
    assert response["Cache-Control"] == "no-store"
    assert "sha256-" in response["Content-Security-Policy"]
    refused = visitor.delete(URL, HTTP_ACCEPT=BROWSER)
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, POST")
    assert b"This is not possible here" in refused.content


def test_address_is_left_out_when_it_cannot_be_one(visitor: Client) -> None:
    form = {"token": make_token(make_occurrence_id()), "text": "x", "email": "a\r\nBcc: b@c.de"}
    visitor.post(URL, form)

    assert Feedback.objects.get().email == ""


def test_person_is_that_of_the_occurrence_when_it_is_known(visitor: Client) -> None:
    action, token = fail(visitor)
    Occurrence.objects.update(user_id="7")
    sweep(deliver=False)
    visitor.post(action, {"token": token, "text": "x"})

    assert Feedback.objects.get().user_id == "7"
