import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errorkit.responses.accept import preferred

HTML, JSON = "text/html", "application/json"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, HTML),
        ("", HTML),
        ("*/*", HTML),
        ("*", HTML),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", HTML),
        ("application/json, text/plain, */*", JSON),
        ("application/json, text/javascript, */*; q=0.01", JSON),
        ("text/html;q=0, */*", JSON),
        ("*/*, application/json;q=0", HTML),
        ("text/*", HTML),
        ("application/*", JSON),
        ("application/problem+json", JSON),
        ("application/vnd.api+json", JSON),
        ("application/json;version=1", JSON),
        ("application/json;charset=utf-8", JSON),
        ('application/json;a="x,text/html;q=1"', JSON),
        ("text/html;level=1", HTML),
        ("application/json;q=0.5, text/html;q=0.5", JSON),
        ("text/html;q=0.5, application/json;q=0.5", HTML),
        ("application/json;q=abc", JSON),
        ("application/json;level=1;q=0.2, text/html;q=0.3", HTML),
        ("garbage", HTML),
        (",;,=;q", HTML),
        ("APPLICATION/JSON", JSON),
        ("text/html;q=0,application/json;q=0", None),
        ("image/*", None),
        ("text/event-stream", None),
        ("text/html;q=0.001, application/json;q=0", HTML),
    ],
)
def test_accept_prefers_what_rfc_9110_says_when_header_is(
    header: str | None, expected: str | None
) -> None:
    assert preferred(header, [HTML, JSON]) == expected


@pytest.mark.trap("T4")
@pytest.mark.parametrize(
    "header",
    [
        "text/html;x*=bogus''v",
        "text/html;x*=undefined''v",
        "text/html;x*=idna''v",
        "a" * 10_001 + "/b",
        "application/json;q=2, text/html",
        "\x00\r\n\udcff",
        '"' * 5000,
        '"\\' * 5000,
    ],
)
def test_accept_never_raises_when_header_is_hostile(header: str) -> None:
    assert preferred(header, [HTML, JSON]) in {HTML, JSON, None}


@pytest.mark.trap("T4")
@pytest.mark.parametrize(
    "element", [",", "text/html,", "a/b;q=0.5,", '"', '"\\', ";", "q=", "a/b;" + "x" * 90 + ","]
)
def test_accept_takes_bounded_time_when_header_has_100_kilobytes(element: str) -> None:
    header = (element * 100_000)[:100_000]
    started = time.perf_counter()
    for _ in range(10):
        preferred(header, [HTML, JSON])
    assert (time.perf_counter() - started) / 10 < 0.01


@given(st.text(max_size=300))
def test_accept_never_raises_when_header_is_any_text(header: str) -> None:
    assert preferred(header, [HTML, JSON]) in {HTML, JSON, None}


@given(st.text(alphabet='texhmlapicjson/*;q=01.,+ "\\', max_size=120))
def test_accept_never_raises_when_header_looks_like_one(header: str) -> None:
    assert preferred(header, [HTML, JSON]) in {HTML, JSON, None}


@given(st.lists(st.sampled_from([HTML, JSON, "*/*", "text/*", "image/png"]), min_size=1))
def test_accept_refuses_an_offer_when_its_quality_is_zero(ranges: list[str]) -> None:
    header = ", ".join([*ranges, "text/html;q=0"])
    assert preferred(header.replace("text/html,", "text/html;q=0,"), [HTML]) is None
