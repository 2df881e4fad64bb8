"""What Django and the host's other apps do when something fails stays as it was."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from errorkit.models import Occurrence

pytestmark = pytest.mark.django_db

ERRORKIT = "errorkit.middleware.ErrorkitMiddleware"
API = {"accept": "application/json"}


def boom(request: HttpRequest) -> HttpResponse:
    raise ValueError("the view failed")


async def async_boom(request: HttpRequest) -> HttpResponse:
    raise ValueError("the async view failed")


def with_session(request: HttpRequest) -> HttpResponse:
    request.session["cart"] = [1]
    raise ValueError("the view failed with a session")


urlpatterns = [
    path("boom/", boom),
    path("async-boom/", async_boom),
    path("with-session/", with_session),
]


class Cors:
    """Stands for an inner middleware that adds headers to whatever comes back."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Access-Control-Allow-Origin"] = "https://shop.example"
        response["Access-Control-Expose-Headers"] = "X-Total"
        response["ETag"] = '"of-the-body-that-was"'
        return response


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    with override_settings(
        ROOT_URLCONF=__name__,
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            ERRORKIT,
            "django.contrib.sessions.middleware.SessionMiddleware",
            f"{__name__}.Cors",
        ],
    ):
        yield


def test_test_client_still_raises() -> None:
    with pytest.raises(ValueError, match="the view failed"):
        Client().get("/boom/")


def test_async_test_client_still_raises() -> None:
    with pytest.raises(ValueError, match="the async view failed"):
        async_to_sync(AsyncClient().get)("/async-boom/")


def test_django_request_logs_once_with_the_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="django.request"):
        Client(raise_request_exception=False).get("/boom/", headers=API)

    (record,) = [each for each in caplog.records if each.name == "django.request"]
    assert record.exc_info
    assert record.exc_info[0] is ValueError
    assert record.status_code == 500  # type: ignore[attr-defined]
    assert record.request.path == "/boom/"  # type: ignore[attr-defined]


def test_headers_and_cookies_of_inner_middleware_survive() -> None:
    answer = Client(raise_request_exception=False).get("/with-session/", headers=API)

    assert answer.status_code == 500
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "X-Total" in answer["Access-Control-Expose-Headers"]
    assert "ETag" not in answer
    assert answer.json()["status"] == 500


def test_debug_propagate_exceptions_is_obeyed() -> None:
    with (
        override_settings(DEBUG_PROPAGATE_EXCEPTIONS=True),
        pytest.raises(ValueError, match="the view failed"),
    ):
        Client(raise_request_exception=False).get("/boom/")


def test_each_failure_is_one_occurrence() -> None:
    client = Client(raise_request_exception=False)

    answers = [client.get("/boom/", headers=API).json() for _ in range(3)]

    assert Occurrence.objects.count() == 3
    assert {row.reference for row in Occurrence.objects.all()} == {
        answer["reference"] for answer in answers
    }
