from collections.abc import Iterator
from itertools import product
from typing import Any

import jsonschema
import pytest
from django.http import HttpRequest
from django.test import override_settings

from errorkit.responses import renderers
from errorkit.responses.problem import Problem
from errorkit.responses.renderers import Rendered, register_renderer
from errorkit.responses.words import Words
from tests.responses.asking import BROWSER, body, reply

STATUSES = [400, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 501, 502, 503, 504]
METHODS = ["GET", "HEAD", "POST", "OPTIONS", "TRACE", "BREW"]
ACCEPTED = {
    "text/html; charset=utf-8": BROWSER,
    "application/problem+json": "application/problem+json",
    "application/json": "application/json",
    "text/plain; charset=utf-8": "text/plain",
}

# What a site's renderer may give back by mistake.
NO_ANSWERS: dict[int, object] = {
    501: None,
    503: Rendered(body="text", content_type="text/plain"),  # type: ignore[arg-type]
    504: Rendered(body=b"x", content_type="text/plain", headers={"X-Bad": "a\r\nb"}),
}

# RFC 9457 appendix A.
RFC_9457 = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 100, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
    },
}


@pytest.mark.parametrize("content_type", ACCEPTED)
@pytest.mark.parametrize("status", STATUSES)
def test_answer_fits_client_method_and_language_when_status_is(
    status: int, content_type: str
) -> None:
    for method, language in product(METHODS, ("en", "de")):
        response = reply(
            status,
            method=method,
            HTTP_ACCEPT=ACCEPTED[content_type],
            HTTP_ACCEPT_LANGUAGE=language,
        )

        assert response.status_code == status
        assert response["Content-Type"] == content_type
        assert response["Content-Language"] == language
        assert response["Cache-Control"] == "no-store"
        assert "Content-Security-Policy" in response.headers
        assert 0 < int(response["Content-Length"]) < 14_000
        assert len(response.content) == (0 if method == "HEAD" else int(response["Content-Length"]))


@pytest.mark.parametrize("status", STATUSES)
def test_json_is_valid_by_the_rfc_when_status_is(status: int) -> None:
    response = reply(status, HTTP_ACCEPT="application/problem+json")
    members = body(response)

    jsonschema.validate(members, RFC_9457)
    assert members["status"] == status
    assert ("reference" in members) == ("instance" in members) == (status >= 500)
    assert response.content.isascii()


@pytest.mark.trap("T60")
@override_settings(
    ERRORKIT={"BRAND": {"texts": {503: {"type": "https://example.org/errors/busy"}}}}
)
def test_json_names_the_kind_of_problem_when_the_site_has_a_page_about_it() -> None:
    types = [body(reply(status, HTTP_ACCEPT="application/json"))["type"] for status in (503, 500)]

    assert types == ["https://example.org/errors/busy", "about:blank"]


@pytest.mark.trap("T39")
def test_json_shows_the_errors_when_there_are_some() -> None:
    errors = [{"pointer": "/name", "code": "required", "detail": "\ud800 ünfit \x00"}]
    members = body(reply(422, members={"errors": errors}, HTTP_ACCEPT="application/json"))

    assert members["errors"][0]["pointer"] == "/name"


@pytest.mark.trap("T56")
@pytest.mark.parametrize(
    ("meta", "is_fragment"),
    [
        ({"HTTP_HX_REQUEST": "true"}, True),
        ({"HTTP_HX_REQUEST": "true", "HTTP_HX_BOOSTED": "true"}, False),
        ({"HTTP_HX_REQUEST": "true", "HTTP_HX_HISTORY_RESTORE_REQUEST": "true"}, False),
        ({"HTTP_TURBO_FRAME": "cart"}, False),
        ({}, False),
    ],
)
def test_html_is_a_fragment_when_htmx_will_swap_it_into_a_page(
    meta: dict[str, Any], is_fragment: bool
) -> None:
    response = reply(HTTP_ACCEPT="*/*", **meta)

    assert (b"<!doctype" not in response.content) is is_fragment
    assert response.has_header("HX-Retarget") is is_fragment
    assert response.has_header("HX-Reswap") is is_fragment
    assert b'id="errorkit-reference"' in response.content
    assert "HX-Request" in response["Vary"]


@pytest.fixture
def json_api() -> Iterator[None]:
    def render(_request: HttpRequest, problem: Problem, words: Words) -> Rendered:
        if problem.status == 502:
            raise ValueError
        if problem.status in NO_ANSWERS:
            return NO_ANSWERS[problem.status]  # type: ignore[return-value]
        return Rendered(body=b'{"errors": []}', content_type="application/vnd.api+json")

    register_renderer("application/vnd.api+json", render)
    yield
    del renderers._renderers["application/vnd.api+json"]


@pytest.mark.usefixtures("json_api")
def test_project_renders_a_format_of_its_own_when_it_has_registered_one() -> None:
    response = reply(HTTP_ACCEPT="application/vnd.api+json")

    assert response["Content-Type"] == "application/vnd.api+json"
    assert response.content == b'{"errors": []}'


@pytest.mark.usefixtures("json_api")
@pytest.mark.parametrize("status", [502, *NO_ANSWERS])
def test_project_gets_problem_json_when_its_own_renderer_fails(status: int) -> None:
    response = reply(status, HTTP_ACCEPT="application/vnd.api+json")

    assert response["Content-Type"] == "application/problem+json"
    assert body(response)["reference"]


@pytest.mark.trap("T34", "T36")
@override_settings(TEMPLATES=[], LANGUAGE_CODE="xx-broken", LOCALE_PATHS=["/nowhere"])
@pytest.mark.parametrize("accept", list(ACCEPTED.values()))
def test_answer_is_whole_when_the_project_has_no_templates_and_no_such_language(
    accept: str,
) -> None:
    response = reply(HTTP_ACCEPT=accept)

    assert response.status_code == 500
    assert len(response.content) > 20


def test_answer_is_the_constant_when_everything_else_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("errorkit.responses.answer.words_for", fail)
    for content_type, accept in ACCEPTED.items():
        response = reply(HTTP_ACCEPT=accept)
        assert response.status_code == 500
        assert response["Content-Type"] == content_type
        assert b"-" in response.content
    page = reply(HTTP_ACCEPT=BROWSER)
    assert b'id="errorkit-reference"' in page.content
    assert "sha256-" in page["Content-Security-Policy"]
    assert reply(404, HTTP_ACCEPT=BROWSER).status_code == 404
    assert body(reply(durable=False, HTTP_ACCEPT="application/json")).keys() >= {"request_id"}
