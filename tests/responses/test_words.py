import pytest
from django.test import override_settings
from django.utils import translation

from errorkit.responses.words import Situation, words_for
from tests.responses.asking import BROWSER, body, reply


def test_answer_says_recorded_when_the_receipt_is_durable() -> None:
    page = reply(HTTP_ACCEPT=BROWSER).content.decode()

    assert "has been recorded" in page
    assert 'id="errorkit-reference"' in page


def test_answer_does_not_say_recorded_when_nothing_durable_was_done() -> None:
    page = reply(durable=False, HTTP_ACCEPT=BROWSER).content.decode()
    members = body(reply(durable=False, HTTP_ACCEPT="application/json"))

    assert "has been recorded" not in page
    assert "could not be recorded" in page
    assert "errorkit-reference" not in page.partition("<body>")[2]
    assert "could not be recorded" in members["detail"]
    assert not {"reference", "instance"} & set(members)


@pytest.mark.parametrize("status", [400, 403, 404, 429])
def test_answer_says_nothing_of_recording_when_there_was_nothing_to_record(status: int) -> None:
    assert "recorded" not in body(reply(status, HTTP_ACCEPT="application/json"))["detail"]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (1, "in 1 second."),
        (30, "in 30 seconds."),
        (60, "in 1 minute."),
        (61, "in 2 minutes."),
        (7200, "in 2 hours."),
    ],
)
def test_answer_says_when_to_come_back_when_it_is_known(seconds: int, expected: str) -> None:
    response = reply(503, retry_after=seconds, HTTP_ACCEPT="application/json")

    assert expected in body(response)["detail"]
    assert response["Retry-After"] == str(seconds)


def test_answer_warns_of_doing_things_twice_when_something_was_sent() -> None:
    sent = body(reply(method="POST", HTTP_ACCEPT="application/json"))["detail"]
    read = body(reply(HTTP_ACCEPT="application/json"))["detail"]

    assert "check whether your last step was saved" in sent
    assert "Please try again" in read


def test_page_offers_no_reload_when_that_would_send_a_form_again() -> None:
    assert b">Try again<" in reply(HTTP_ACCEPT=BROWSER).content
    assert b">Try again<" not in reply(method="POST", HTTP_ACCEPT=BROWSER).content


@pytest.mark.trap("T34")
def test_language_is_restored_when_the_answer_is_done() -> None:
    with translation.override("fr"):
        reply(HTTP_ACCEPT=BROWSER, HTTP_ACCEPT_LANGUAGE="de")
        assert translation.get_language() == "fr"


@pytest.mark.trap("T34")
def test_language_is_the_requests_when_the_thread_still_has_the_previous_ones() -> None:
    with translation.override("de"):
        response = reply(HTTP_ACCEPT=BROWSER, HTTP_ACCEPT_LANGUAGE="en")

    assert response["Content-Language"] == "en"


def test_language_is_what_the_words_are_in_when_there_is_no_such_catalogue() -> None:
    response = reply(HTTP_ACCEPT=BROWSER, HTTP_ACCEPT_LANGUAGE="fy")

    assert response["Content-Language"] == "en"
    assert b'<html lang="en"' in response.content


@override_settings(LANGUAGE_CODE="de")
def test_language_is_the_sites_when_the_client_wants_one_that_is_not_there() -> None:
    response = reply(HTTP_ACCEPT=BROWSER, HTTP_ACCEPT_LANGUAGE="xx")

    assert response["Content-Language"] == "de"


def test_words_are_there_when_the_status_is_unknown() -> None:
    assert words_for(Situation(status=599, durable=True, safe_method=True)).heading
    assert words_for(Situation(status=418, durable=None, safe_method=True)).heading
