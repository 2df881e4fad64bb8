from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import AsyncRequestFactory, RequestFactory
from django.urls import ResolverMatch
from django.utils.functional import SimpleLazyObject
from rest_framework.request import Request

from errorkit.conf import get_config
from errorkit.reports.addresses import truncated, truncated_all
from errorkit.reports.people import user_of
from errorkit.reports.request import snapshot, trace_of
from errorkit.reports.scrubbing import Scrubber

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def routed(request: HttpRequest, **kwargs: Any) -> HttpRequest:
    request.resolver_match = ResolverMatch(snapshot, (), kwargs, route="shop/<int:pk>/")
    return request


@pytest.mark.parametrize("factory", [RequestFactory(), AsyncRequestFactory()], ids=["wsgi", "asgi"])
def test_snapshot_tells_what_was_asked_when_all_is_given(factory: Any) -> None:
    request = routed(
        factory.get("/shop/7/?page=2&next=/a", headers={"user-agent": "curl/8", "accept": "*/*"})
    )

    taken = snapshot(request)

    assert (taken.method, taken.path, taken.query) == ("GET", "/shop/7/", "page=2&next=/a")
    assert (taken.route, taken.scheme, taken.host) == ("shop/<int:pk>/", "http", "testserver")
    assert taken.remote == "127.0.0.0"
    assert (taken.headers["User-Agent"], taken.headers["Accept"]) == ("curl/8", "*/*")
    assert taken.body is None


@pytest.mark.trap("T52")
def test_secrets_are_gone_when_headers_and_query_hold_them() -> None:
    request = routed(
        RequestFactory().get(
            "/reset/tok-123456/?token=abc123456&api%5Fkey=zzz999&page=tok-123456",
            headers={
                "authorization": "Bearer abcdef012345",
                "cookie": "sessionid=ssssssss1; theme=dark; tracking=0123456789abcdef0",
                "x-api-key": "kkkkkkkk2",
                "x-csrftoken": "cccccccc3",
                "referer": "https://a.example/?q=ssssssss1&z=abcdef012345&t=0123456789abcdef0&u=dark",
                "x-forwarded-for": "203.0.113.77, 2001:db8:1:2::3",
            },
        ),
        token="tok-123456",
    )

    taken = snapshot(request)

    assert {name for name, value in taken.headers.items() if value == "[redacted]"} == {
        "Authorization", "Cookie", "X-Api-Key", "X-Csrftoken",
    }  # fmt: skip
    assert (
        taken.headers["Referer"]
        == "https://a.example/?q=[redacted]&z=[redacted]&t=[redacted]&u=dark"
    )
    assert taken.headers["X-Forwarded-For"] == "203.0.113.0, 2001:db8:1::"
    assert taken.query == "token=[redacted]&api%5Fkey=[redacted]&page=[redacted]"
    assert taken.path == "/reset/[redacted]/"


def test_form_is_learnt_when_it_has_been_read_already() -> None:
    request = RequestFactory().post(
        "/", {"password": "hunter222", "pet": "rex-the-dog", "plain": "harmless"}
    )
    request.sensitive_post_parameters = ["pet"]
    scrubber = Scrubber(get_config())
    snapshot(request, scrubber)
    assert scrubber.text("hunter222") == "hunter222"

    assert request.POST["pet"] == "rex-the-dog"
    snapshot(request, scrubber)

    assert scrubber.text("hunter222 rex-the-dog harmless") == "[redacted] [redacted] harmless"


@pytest.mark.trap("T6", "T29")
def test_body_session_and_user_stay_untouched_when_a_snapshot_is_taken() -> None:
    class Untouchable(HttpRequest):
        session = POST = body = FILES = COOKIES = GET = property(  # type: ignore[assignment]
            lambda self: 1 / 0
        )

        def get_host(self) -> str:
            raise AssertionError

        def read(self, *args: Any, **kwargs: Any) -> bytes:
            raise AssertionError

    request = Untouchable.__new__(Untouchable)
    request.META = {"REQUEST_METHOD": "POST", "HTTP_HOST": "evil\x00\r\nhost", "QUERY_STRING": "a"}
    request.path = "/x\ud800"

    taken = snapshot(request)

    assert (taken.host, taken.path, taken.query) == ("evil\ufffd\r\nhost", "/x?", "a")


def test_snapshot_is_bounded_when_headers_are_huge() -> None:
    headers = {f"x-{number}": "y" * 100_000 for number in range(1_000)}

    taken = snapshot(
        RequestFactory().get("/" + "p" * 100_000, {"q": "z" * 100_000}, headers=headers)
    )

    assert len(str(taken)) < 64_000


@pytest.mark.parametrize("request_", [None, object(), HttpRequest(), type("Fake", (), {"META": 7})()], ids=["none", "object", "empty", "fake"])  # fmt: skip
def test_snapshot_is_empty_when_the_request_is_odd(request_: Any) -> None:
    taken = snapshot(request_)

    assert (taken.method, taken.path, taken.headers) == ("", "", {})
    assert user_of(request_) == ("", "")
    assert trace_of(request_) == ("", "")


def test_user_is_left_alone_when_nobody_has_asked_for_it() -> None:
    request = RequestFactory().get("/")
    request.user = SimpleLazyObject(lambda: 1 / 0)  # type: ignore[assignment]

    assert user_of(request) == ("", "")


@pytest.mark.parametrize("how", ["plain", "cached", "lazy", "drf"])
def test_user_is_named_when_it_is_loaded(how: str) -> None:
    user = get_user_model()(pk=17, username="ada")
    request: Any = RequestFactory().get("/")
    if how == "plain":
        request.user = user
    elif how == "cached":
        request.user, request._cached_user = SimpleLazyObject(lambda: 1 / 0), user
    elif how == "lazy":
        request.user = SimpleLazyObject(lambda: user)
        assert request.user.username == "ada"
    else:
        request = Request(request)
        request.user = user

    assert user_of(request) == ("17", "ada")


def test_user_is_nobody_when_anonymous() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()

    assert user_of(request) == ("", "")


@pytest.mark.parametrize(
    ("header", "ids"),
    [
        (TRACE, ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")),
        (TRACE + "-more", ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")),
        (TRACE.upper(), ("", "")),
        (TRACE.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32), ("", "")),
        ("junk\x00", ("", "")),
    ],
    ids=["right", "future", "upper", "zero", "junk"],
)
def test_trace_is_read_when_the_header_is_right(header: str, ids: tuple[str, str]) -> None:
    assert trace_of(RequestFactory().get("/", headers={"traceparent": header})) == ids


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2::3", "2001:db8:1::"),
        ("::1", "::"),
        ("", ""),
        ("unix:", ""),
        ("1.2.3.4.5", ""),
    ],
)
def test_address_loses_its_host_part_when_truncated(address: str, network: str) -> None:
    assert truncated(address) == network


def test_every_address_is_truncated_when_a_header_lists_them() -> None:
    assert truncated_all('for=192.0.2.43:4711;by="[2001:db8:cafe::17]"') == (
        'for=192.0.2.0:4711;by="[2001:db8:cafe::]"'
    )
