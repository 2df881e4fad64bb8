import shlex

import pytest

from errorkit.admin.exports import as_curl, as_markdown
from errorkit.models import Occurrence
from tests.factories import (
    make_exception,
    make_frame,
    make_library_frame,
    make_report,
    make_request,
)


def markdown_of(**values) -> str:
    report = make_report(**values)
    return as_markdown(Occurrence.from_report(report), report)


def test_markdown_tells_what_where_and_how_without_anything_sensitive() -> None:
    frame = make_frame(locals={"iban": "LOCAL-7"})
    text = markdown_of(
        exceptions=(make_exception(frames=(make_library_frame(), frame)),),
        request=make_request(headers={"X-Tenant": "HEADER-7"}, body="BODY-7"),
    )

    assert "### `ZeroDivisionError: division by zero`" in text
    assert "shop/views.py:42 in checkout" in text
    assert "total = basket.total / basket.size" in text
    for secret in ("LOCAL-7", "HEADER-7", "BODY-7"):
        assert secret not in text


@pytest.mark.parametrize(
    "hostile", ["```\n# injected", "`x` <b>", "\x1b[31mred", "a\nb", "\u202egnp"]
)
def test_markdown_stays_text_when_a_message_is_hostile(hostile) -> None:
    text = markdown_of(title=hostile, exceptions=(make_exception(message=hostile),))

    heading, *_, fence = text.rstrip().splitlines()
    assert heading.startswith("### `")
    assert set(fence) == {"`"}
    # Only the two lines that open and close the block are made of that many backticks.
    assert text.splitlines().count(fence) == 2
    assert not set("\x1b\u202e") & set(text)


def test_curl_asks_the_same_again_when_there_was_a_request() -> None:
    report = make_report(
        request=make_request(
            method="POST",
            path="/checkout/",
            query="step=2",
            headers={"Accept": "text/html", "Cookie": "secret", "Authorization": "secret"},
        )
    )

    assert shlex.split(as_curl(report)) == [
        "curl", "-i", "--globoff", "-X", "POST", "https://shop.example.com/checkout/?step=2", "-H", "Accept: text/html",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "hostile",
    ["'; rm -rf / #", "$(id)", "`id`", "\n id", "a b", "\x1b]0;x\x07", "[1-999999]", "{a,b}", "!!"],
)
def test_curl_is_one_command_when_the_path_is_hostile(hostile) -> None:
    command = as_curl(
        make_report(request=make_request(path=f"/{hostile}", headers={"Accept": hostile}))
    )

    words = shlex.split(command)
    assert len(words) == 8
    assert "--globoff" in words
    assert "\n" not in command
    assert "\x1b" not in command


def test_curl_is_empty_when_there_was_no_request() -> None:
    assert as_curl(make_report(request=None)) == ""
