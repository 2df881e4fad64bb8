"""No answer carries anything of the failure but its reference."""

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client, override_settings
from django.urls import path, re_path
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from errorkit.exceptions import ServiceUnavailable

PLACES = [
    "text", "cause", "note", "class", "local", "sql", "template", "path", "query", "form", "header", "cookie", "agent",
    "language", "accept", "request_id", "secret_key", "setting", "release", "environment",
]  # fmt: skip


class Canaries:
    """One secret for each place, so that an answer which shows one tells where it had it from."""

    def __init__(self, core: str, around: str) -> None:
        self.cores = {place: f"zq{core}{number:02}" for number, place in enumerate(PLACES)}
        self.around = around

    def __getitem__(self, place: str) -> str:
        """Return the secret in whatever the client may write around it."""
        return f"{self.around}{self.cores[place]}{self.around}"

    def found_in(self, response: HttpResponse) -> list[str]:
        sent = response.content.decode() + repr(sorted(response.items())) + repr(response.cookies)
        return [place for place, core in self.cores.items() if core in sent]


def raise_everything(canaries: Canaries, kind: type[Exception]) -> HttpResponse:
    local = {"password": canaries["local"], "harmless": canaries["local"]}
    error = type(f"Error{canaries.cores['class']}", (kind,), {"canary": canaries["class"]})(
        f"{canaries['text']} postgres://user:{canaries['text']}@db/"
    )
    error.add_note(canaries["note"])
    try:
        raise KeyError(canaries["cause"])
    except KeyError as cause:
        raise error from cause
    finally:
        del local


def break_sql(canaries: Canaries, _kind: type[Exception]) -> HttpResponse:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {canaries.cores['sql']} FROM {canaries.cores['sql']}")
    return HttpResponse()


def break_template(canaries: Canaries, _kind: type[Exception]) -> HttpResponse:
    return HttpResponse(Template("{% " + canaries.cores["template"] + " %}").render(Context()))


def view(request: HttpRequest, **_: str) -> HttpResponse:
    fail, canaries, kind = request.META["errorkit.test"]
    return fail(canaries, kind)


def away(request: HttpRequest) -> HttpResponse:
    raise ServiceUnavailable(retry_after=3)


class Site:
    urlpatterns = [re_path("^everywhere/", view), path("away/", away)]
    handler400 = "errorkit.responses.handlers.bad_request"
    handler403 = "errorkit.responses.handlers.permission_denied"
    handler404 = "errorkit.responses.handlers.page_not_found"


# What fails, and the status that it is answered with.
FAILURES: list[tuple[Any, type[Exception], int]] = [
    (raise_everything, ServiceUnavailable, 503),
    (raise_everything, ValueError, 500),
    (raise_everything, BadRequest, 400),
    (raise_everything, PermissionDenied, 403),
    (raise_everything, Http404, 404),
    (break_sql, Exception, 500),
    (break_template, Exception, 500),
]
CLIENTS = [
    {"HTTP_ACCEPT": "text/html"},
    {"HTTP_ACCEPT": "text/html", "HTTP_HX_REQUEST": "true"},
    {"HTTP_ACCEPT": "application/json"},
    {"HTTP_ACCEPT": "application/problem+json"},
    {"HTTP_ACCEPT": "text/plain"},
    {"HTTP_ACCEPT": "*/*"},
    {"HTTP_ACCEPT": "x/y"},
]


@pytest.mark.trap("T26", "T52", "T60")
@pytest.mark.django_db
@hypothesis_settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    core=st.text("abcdefghijkmnpqrstvwxyz0123456789", min_size=12, max_size=12),
    around=st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=4),
    failure=st.sampled_from(FAILURES),
    client=st.sampled_from(CLIENTS),
    method=st.sampled_from(["GET", "POST", "PUT"]),
)
def test_answer_keeps_the_secret_when_it_is_everywhere(
    core: str, around: str, failure: Any, client: dict[str, str], method: str
) -> None:
    fail, kind, status = failure
    canaries = Canaries(core, around)
    with override_settings(
        ROOT_URLCONF=Site,
        SECRET_KEY=canaries["secret_key"] * 3,
        PAYMENT_KEY=canaries["setting"],
        ERRORKIT={
            "RELEASE": canaries.cores["release"],
            "ENVIRONMENT": canaries.cores["environment"],
        },
    ):
        response = Client(raise_request_exception=False).generic(
            method,
            f"/everywhere/{quote(canaries['path'])}/?{quote(canaries['query'])}=1",
            f"a={quote(canaries['form'])}",
            content_type="application/x-www-form-urlencoded",
            HTTP_AUTHORIZATION=f"Bearer {canaries.cores['header']}",
            HTTP_COOKIE=f"sessionid={canaries.cores['cookie']}",
            HTTP_REFERER=f"https://{canaries.cores['header']}/",
            HTTP_X_REQUEST_ID=canaries.cores["request_id"],
            HTTP_USER_AGENT=canaries.cores["agent"],
            HTTP_ACCEPT_LANGUAGE=canaries.cores["language"],
            **{**client, "HTTP_ACCEPT": f"{client['HTTP_ACCEPT']}, x/{canaries.cores['accept']}"},
            **{"errorkit.test": (fail, canaries, kind)},
        )

    assert response.status_code == status
    assert canaries.found_in(response) == []
    # Nor where the code lies.
    assert str(Path(__file__).parent) not in response.content.decode()
    assert sys.prefix not in response.content.decode()


# A header as a server hands it over: latin-1, any length, any order.
HEADER = st.text(st.characters(max_codepoint=255), max_size=400)


@pytest.mark.django_db
@hypothesis_settings(
    max_examples=80,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    accept=HEADER,
    language=HEADER,
    request_id=HEADER,
    traceparent=HEADER,
    fetch=HEADER,
    kind=HEADER,
)
def test_answer_is_whole_when_headers_are_any_text(
    accept: str,
    language: str,
    request_id: str,
    traceparent: str,
    fetch: str,
    kind: str,
) -> None:
    trust: dict[str, Any] = {"TRUSTED_REQUEST_ID_PROXIES": ["*"]}
    with override_settings(ROOT_URLCONF=Site, ERRORKIT=trust):
        response = Client(raise_request_exception=False).get(
            "/away/",
            HTTP_ACCEPT=accept,
            HTTP_ACCEPT_LANGUAGE=language,
            HTTP_X_REQUEST_ID=request_id,
            HTTP_TRACEPARENT=traceparent,
            HTTP_SEC_FETCH_DEST=fetch,
            HTTP_SEC_FETCH_MODE=fetch,
            HTTP_USER_AGENT=kind,
            HTTP_X_REQUESTED_WITH=kind,
        )

    assert response.status_code == 503
    assert response["Retry-After"] == "3"
    assert len(response["X-Request-ID"]) >= 8
    if response["Content-Type"].endswith("json"):
        assert json.loads(response.content)["status"] == 503
