"""Every status in every format: one table over method, sync and async, DEBUG, brand and language."""

import json
import logging
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.handlers.base import BaseHandler
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.test import AsyncRequestFactory, RequestFactory, override_settings
from django.urls import path
from django.utils import translation

from errorkit.exceptions import BadGateway, GatewayTimeout, ServiceUnavailable
from errorkit.responses.handlers import respond
from errorkit.responses.sentences import PLAIN
from errorkit.testing import live
from tests.responses.asking import BROWSER

SECRET = "canary-5up3r-s3cret"
STATUSES = [400, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 501, 502, 503, 504]
RETRY_AFTER = {429: "30", 503: "120"}
FAILURES = {
    400: BadRequest(SECRET),
    403: PermissionDenied(SECRET),
    404: Http404(SECRET),
    500: ValueError(SECRET),
    501: NotImplementedError(SECRET),
    502: BadGateway(SECRET),
    503: ServiceUnavailable(SECRET, retry_after=120),
    504: GatewayTimeout(SECRET),
}
# What Django shows itself while DEBUG is on.
TECHNICAL = {400, 404, *range(500, 505)}


class Client(NamedTuple):
    """What a client sends, and what it gets for it: the media type and at most so many bytes."""

    headers: dict[str, str]
    content_type: str
    most_bytes: int


HTML = "text/html; charset=utf-8"
CLIENTS = {
    "browser": Client({"HTTP_ACCEPT": BROWSER}, HTML, 14_000),
    "curl": Client({"HTTP_ACCEPT": "*/*"}, HTML, 14_000),
    "htmx": Client({"HTTP_ACCEPT": "*/*", "HTTP_HX_REQUEST": "true"}, HTML, 2_000),
    "problem": Client({"HTTP_ACCEPT": "application/problem+json"}, "application/problem+json", 2_500),
    "json": Client({"HTTP_ACCEPT": "application/json"}, "application/json", 2_500),
    "fetch": Client({"HTTP_ACCEPT": "*/*", "HTTP_SEC_FETCH_MODE": "cors"}, "application/problem+json", 2_500),
    "text": Client({"HTTP_ACCEPT": "text/plain"}, "text/plain; charset=utf-8", 200),
    "image": Client({"HTTP_ACCEPT": "image/avif,image/*"}, "text/plain; charset=utf-8", 200),
}  # fmt: skip
METHODS = ["GET", "HEAD", "POST", "OPTIONS", "BREW"]
BRANDS: dict[str, Any] = {
    "none": None,
    "dict": {"name": "Lindenhof"},
    "callable": f"{__name__}.by_tenant",
    "broken": "no.such.callable",
}
LANGUAGES = ["en", "ar", "zh-hant"]


class Case(NamedTuple):
    """One row of the table."""

    status: int
    client: str
    method: str
    is_async: bool
    debug: bool
    brand: str
    language: str

    @property
    def reads_page(self) -> bool:
        return self.client in {"browser", "curl"}

    @property
    def is_technical(self) -> bool:
        """Whether the answer is Django's own, which people get while DEBUG is on."""
        for_people = CLIENTS[self.client].content_type.startswith("text/")
        return self.debug and for_people and self.status in TECHNICAL


def matters(case: Case) -> bool:
    """Return whether the case can come out differently from one that is in the table."""
    if case.brand != "none":
        # A brand is on the page only, and knows nothing of DEBUG and of the language.
        return case.client == "browser" and case.method == "GET" and case.language == "en"
    if case.debug:
        return case.language == "en" and case.method in {"GET", "HEAD"}
    if case.method not in {"GET", "HEAD"}:
        # The method decides about a sentence and about the link to try again.
        return case.language == "en" and case.client in {"browser", "htmx", "json", "text"}
    return case.language in {"en", "ar"} or case.method == "GET"


def table(status: int, *, is_async: bool) -> list[Case]:
    """Return the cases of a status, those of the same settings together."""
    rows = product([False, True], BRANDS, CLIENTS, METHODS, LANGUAGES)
    cases = [
        Case(status, client, method, is_async, debug, brand, language)
        for debug, brand, client, method, language in rows
    ]
    return [case for case in cases if matters(case)]


def by_tenant(request: HttpRequest) -> dict[str, str]:
    return {"name": "Lindenhof"}


def act(request: HttpRequest, status: int) -> HttpResponse:
    if status in FAILURES:
        raise FAILURES[status].with_traceback(None)
    if status == 405:
        return HttpResponseNotAllowed(["PUT"])
    return respond(request, status=status, retry_after=30 if status == 429 else None)


async def act_async(request: HttpRequest, status: int) -> HttpResponse:
    return act(request, status)


class Site:
    urlpatterns = [path("sync/<int:status>/", act), path("async/<int:status>/", act_async)]
    handler400 = "errorkit.responses.handlers.bad_request"
    handler403 = "errorkit.responses.handlers.permission_denied"
    handler404 = "errorkit.responses.handlers.page_not_found"


@pytest.mark.trap("T16", "T24", "T54", "T55")
@pytest.mark.long
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.django_db(transaction=True)
def test_answer_is_right_for_every_client_when_the_status_is(
    status: int, is_async: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Thousands of tracebacks that nobody reads.
    caplog.set_level(logging.CRITICAL, logger="django.request")
    cases = table(status, is_async=is_async)
    assert len(cases) > 60
    with live():
        for case, response in answers(cases, tmp_path):
            try:
                check(case, response)
            except AssertionError as error:
                raise AssertionError(f"{case}\n{error}") from error


def answers(cases: list[Case], spool: Path) -> Iterator[tuple[Case, HttpResponse]]:
    """Yield the answer to each case, as Django's handler hands it to the server: the test client would empty HEAD itself."""
    for debug, brand in dict.fromkeys((case.debug, case.brand) for case in cases):
        mapped = {"builtins.NotImplementedError": 501}
        errorkit = {"STATUS_MAP": mapped, "SPOOL_DIR": spool, "BRAND": BRANDS[brand]}
        if BRANDS[brand] is None:
            del errorkit["BRAND"]
        with override_settings(ROOT_URLCONF=Site, DEBUG=debug, ERRORKIT=errorkit):
            ask = handler(is_async=cases[0].is_async)
            for case in cases:
                if (case.debug, case.brand) == (debug, brand):
                    yield case, ask(case)


def handler(*, is_async: bool) -> Any:
    django = BaseHandler()
    django.load_middleware(is_async=is_async)
    factory = AsyncRequestFactory() if is_async else RequestFactory()
    respond_to = async_to_sync(django.get_response_async) if is_async else django.get_response

    def ask(case: Case) -> Any:
        address = f"/{'async' if is_async else 'sync'}/{case.status}/"
        headers = {**CLIENTS[case.client].headers, "HTTP_ACCEPT_LANGUAGE": case.language}
        names = {name: name.removeprefix("HTTP_").replace("_", "-") for name in headers}
        sent = {names[name]: value for name, value in headers.items()}
        request = factory.generic(case.method, address, headers=sent)
        request._dont_enforce_csrf_checks = True
        return respond_to(request)

    return ask


def check(case: Case, response: HttpResponse) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", response["X-Request-ID"])
    if case.is_technical:
        # Django's page knows no other failure than 500.
        assert response.status_code == min(case.status, 500)
        assert b"DEBUG = True" in response.content
        return
    assert response.status_code == case.status
    check_headers(case, response)
    check_size(case, response)
    if case.method != "HEAD":
        check_words(case, response)
        check_members(case, response)


def check_headers(case: Case, response: HttpResponse) -> None:
    assert response["Content-Type"] == CLIENTS[case.client].content_type
    assert response["Content-Language"] == case.language
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Robots-Tag"] == "noindex"
    assert {"Accept", "Accept-Language", "HX-Request"} <= set(response["Vary"].split(", "))
    assert ("sha256-" in response["Content-Security-Policy"]) is case.reads_page
    assert response.headers.get("Retry-After") == RETRY_AFTER.get(case.status)
    assert response.headers.get("Allow") == ("PUT" if case.status == 405 else None)
    assert response.has_header("HX-Retarget") is (case.client == "htmx")
    assert not response.has_header("ETag")


def check_size(case: Case, response: HttpResponse) -> None:
    size = int(response["Content-Length"])
    most = CLIENTS[case.client].most_bytes + (40_000 if case.debug else 0)

    assert 0 < size < most
    assert len(response.content) == (0 if case.method == "HEAD" else size)


def check_words(case: Case, response: HttpResponse) -> None:
    text = response.content.decode()
    with translation.override(case.language):
        heading = translation.gettext(PLAIN[case.status][0])
    if case.client in {"browser", "curl", "htmx"}:
        assert f">{heading}</h" in text
        assert f'lang="{case.language}" dir="{"rtl" if case.language == "ar" else "ltr"}"' in text
    assert ("<!doctype html>" in text) is case.reads_page
    assert ("Lindenhof" in text) is (case.brand in {"dict", "callable"})
    assert case.debug or SECRET not in text
    # Quoted where the failure is durable: an error of the client's is not recorded at all.
    assert bool(re.search(r"\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b", text)) is (
        case.status >= 500
    )


def check_members(case: Case, response: HttpResponse) -> None:
    if not response["Content-Type"].endswith("json"):
        return
    members = json.loads(response.content)
    is_failure = case.status >= 500

    assert members["status"] == case.status
    assert members["request_id"] == response["X-Request-ID"]
    assert members["retryable"] is (
        case.status in {429, 502, 503, 504} and case.method in {"GET", "OPTIONS"}
    )
    assert ("reference" in members) is ("instance" in members) is is_failure
    assert ("debug" in members) is (case.debug and is_failure)
    assert not is_failure or "recorded" in members["detail"] or case.language != "en"
