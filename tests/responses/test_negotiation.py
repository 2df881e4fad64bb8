from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import override_settings
from django.views import View
from rest_framework.views import APIView

from errorkit.responses.negotiation import Format
from errorkit.responses.renderers import choose
from tests.responses.asking import BROWSER, ask

OPEN = {"HTTP_ACCEPT": "*/*"}


@pytest.mark.trap("T57", "T58")
@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({}, Format.HTML),
        (OPEN, Format.HTML),
        ({"HTTP_ACCEPT": "garbage"}, Format.HTML),
        ({"HTTP_ACCEPT": BROWSER}, Format.HTML),
        ({"HTTP_ACCEPT": "application/json, text/plain, */*"}, Format.JSON),
        ({"HTTP_ACCEPT": "application/problem+json, application/json"}, Format.PROBLEM),
        ({"HTTP_ACCEPT": "application/vnd.api+json"}, Format.PROBLEM),
        ({"HTTP_ACCEPT": "application/*"}, Format.PROBLEM),
        ({"HTTP_ACCEPT": "text/html;q=0, */*"}, Format.PROBLEM),
        ({"HTTP_ACCEPT": "image/avif,image/webp"}, Format.TEXT),
        ({"HTTP_ACCEPT": "text/event-stream"}, Format.TEXT),
        ({"HTTP_ACCEPT": "text/html;q=0,application/json;q=0"}, Format.TEXT),
        ({**OPEN, "HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}, Format.PROBLEM),
        ({**OPEN, "HTTP_SEC_FETCH_MODE": "cors", "HTTP_SEC_FETCH_DEST": "empty"}, Format.PROBLEM),
        ({**OPEN, "HTTP_SEC_FETCH_MODE": "navigate"}, Format.HTML),
        ({**OPEN, "HTTP_SEC_FETCH_DEST": "document", "CONTENT_TYPE": "application/json"}, Format.HTML),
        ({"HTTP_ACCEPT": "image/avif,image/*,*/*;q=0.8", "HTTP_SEC_FETCH_DEST": "image"}, Format.TEXT),
        ({**OPEN, "HTTP_SEC_FETCH_DEST": "script"}, Format.TEXT),
        ({**OPEN, "HTTP_SEC_FETCH_DEST": "style"}, Format.TEXT),
        ({**OPEN, "HTTP_HX_REQUEST": "true", "HTTP_SEC_FETCH_MODE": "cors"}, Format.HTML),
        ({**OPEN, "CONTENT_TYPE": "application/json; charset=utf-8"}, Format.PROBLEM),
        ({**OPEN, "CONTENT_TYPE": "application/vnd.api+json"}, Format.PROBLEM),
        ({**OPEN, "HTTP_USER_AGENT": "kube-probe/1.33"}, Format.TEXT),
        ({**OPEN, "HTTP_USER_AGENT": "ELB-HealthChecker/2.0"}, Format.TEXT),
        ({"HTTP_ACCEPT": "text/html", "HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}, Format.HTML),
        ({"HTTP_ACCEPT": "*/*, application/problem+json;q=0, application/json;q=0", "CONTENT_TYPE": "application/json"}, Format.HTML),
    ],
)  # fmt: skip
def test_format_is_what_the_client_can_use_when_it_sends(
    meta: dict[str, Any], expected: Format
) -> None:
    assert choose(ask("POST" if "CONTENT_TYPE" in meta else "GET", **meta)) == expected


@override_settings(ERRORKIT={"API_PREFIXES": ["/api/"]})
@pytest.mark.parametrize(
    ("path", "meta", "expected"),
    [
        ("/api/x/", {}, Format.PROBLEM),
        ("/api/x/", OPEN, Format.PROBLEM),
        ("/api/x/", {"HTTP_ACCEPT": "image/png"}, Format.PROBLEM),
        ("/api/x/", {"HTTP_ACCEPT": BROWSER}, Format.HTML),
        ("/shop/api/", {}, Format.HTML),
    ],
)
def test_format_is_json_when_the_path_is_an_apis(
    path: str, meta: dict[str, Any], expected: Format
) -> None:
    assert choose(ask(path=path, **meta)) == expected


class Api(APIView):
    pass


class Page(View):
    pass


def ninja_view() -> None: ...


ninja_view.__module__ = "ninja.operation"


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (Api.as_view(), Format.PROBLEM),
        (ninja_view, Format.PROBLEM),
        (Page.as_view(), Format.HTML),
        (None, Format.HTML),
    ],
)
def test_format_is_json_when_the_view_is_an_apis(view: object, expected: Format) -> None:
    request: HttpRequest = ask()
    request.resolver_match = SimpleNamespace(func=view)  # type: ignore[assignment]

    assert choose(request) == expected
