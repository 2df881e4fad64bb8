"""Headers as an attacker sends them: any text, and far too much of it."""

import time
from collections.abc import Callable

import pytest
from django.http import HttpRequest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from errorkit.reports.request import trace_of
from errorkit.request_ids import choose_request_id, is_request_id
from errorkit.responses.answer import make_response
from errorkit.responses.problem import problem_of

HEADERS = [
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_LANGUAGE",
    "CONTENT_TYPE",
    "HTTP_X_REQUEST_ID",
    "HTTP_TRACEPARENT",
    "HTTP_HX_REQUEST",
    "HTTP_SEC_FETCH_DEST",
    "HTTP_SEC_FETCH_MODE",
    "HTTP_USER_AGENT",
    "HTTP_X_REQUESTED_WITH",
    "HTTP_IDEMPOTENCY_KEY",
]
UNITS = [
    ",",
    ";",
    '"',
    "a",
    "a/b,",
    "a/b;q=0.1,",
    "de,",
    "de;q=0.1,",
    "00-",
    "f",
    " ",
    "\x00",
    "é",
    "%25",
]
TRUSTING = {"TRUSTED_REQUEST_ID_PROXIES": ["*"]}


def request_with(header: str, value: str) -> HttpRequest:
    request = HttpRequest()
    request.method = "POST"
    request.path = request.path_info = "/"
    request.META = {"REMOTE_ADDR": "203.0.113.9", header: value}
    return request


def answer(request: HttpRequest) -> int:
    """Do all that errorkit does with the headers of a request that fails."""
    request.request_id = choose_request_id(request)  # type: ignore[attr-defined]
    assert is_request_id(request.request_id)  # type: ignore[attr-defined]
    trace_of(request)
    return make_response(request, problem_of(request, status=404)).status_code


def best_of(times: int, act: Callable[[], object]) -> float:
    """Return the shortest time in seconds: what a machine without other work gives."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        act()
        found.append(time.perf_counter() - started)
    return min(found)


@pytest.mark.trap("T4")
@pytest.mark.parametrize("header", HEADERS)
@override_settings(ERRORKIT=TRUSTING)
def test_answer_takes_no_longer_when_a_header_has_100_kilobytes(header: str) -> None:
    """A millisecond is promised; ten, because other work shares the machine."""
    plain = best_of(20, lambda: answer(request_with("HTTP_ACCEPT", "text/html")))
    for unit in UNITS:
        value = (unit * 100_000)[:100_000]
        request = request_with(header, value)
        assert best_of(20, lambda request=request: answer(request)) < plain + 0.01, unit  # type: ignore[misc]


@given(header=st.sampled_from(HEADERS), value=st.text(st.characters(max_codepoint=255)))
@override_settings(ERRORKIT=TRUSTING)
def test_answer_is_whole_when_a_header_is_any_text(header: str, value: str) -> None:
    assert answer(request_with(header, value)) == 404


@given(
    header=st.sampled_from(["HTTP_TRACEPARENT", "HTTP_X_REQUEST_ID"]),
    value=st.text("0123456789abcdefABCDEF-_., \r\n", max_size=140),
)
@override_settings(ERRORKIT=TRUSTING)
def test_answer_is_whole_when_a_header_looks_like_an_id(header: str, value: str) -> None:
    assert answer(request_with(header, value)) == 404
