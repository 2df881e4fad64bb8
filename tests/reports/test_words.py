"""The words by which an incident is found."""

import pytest

from errorkit.reports.words import LONGEST, texts_of, typed_words, words_of
from tests.factories import make_exception, make_frame, make_report


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("KeyError: 'cake'", "keyerror key error cake"),
        ("shop.orders.views in order_detail", "shop orders views in order_detail order detail"),
        ("HTTPServerError utf8", "httpservererror http server error utf8 utf 8"),
        ("cake CAKE cake", "cake"),
        ("Straße ΣΊΣΥΦΟΣ", "strasse stra e σίσυφοσ"),
        ("\x00\ud800 % \\ '", ""),
        ("", ""),
    ],
    ids=range(7),
)
def test_words_are_folded_taken_apart_and_kept_once(text, words):
    assert words_of(text) == words


def test_words_end_when_there_are_too_many():
    text = words_of(" ".join(f"w{number}w" for number in range(10_000)))
    assert LONGEST - 70 < len(text) <= LONGEST
    assert len(words_of("x" * 1_000)) == 64


def test_typed_words_are_not_taken_apart():
    assert typed_words("KeyError: order_detail, order_detail!") == ("keyerror", "order_detail")


def test_texts_of_a_report_have_no_local_variables():
    frame = make_frame(locals={"secret": "hunter2"})
    texts = "\n".join(texts_of(make_report(exceptions=(make_exception(frames=(frame,)),))))
    assert "division by zero" in texts
    assert "basket.total" in texts
    assert "hunter2" not in texts
