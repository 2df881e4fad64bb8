"""What a report is found by: the words of its title, place, exceptions and frames, never of headers, bodies or local variables."""

import re
from collections.abc import Iterable, Iterator

from errorkit.reports.parts import Frame
from errorkit.reports.report import Report

LONGEST_WORD = 64
LONGEST = 16_000

WORD = re.compile(r"\w+")
# The parts of KeyError, order_detail and utf8.
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def words_of(*texts: str) -> str:
    """Return each word of the texts once, folded to one case, with a blank between; names are taken apart as well."""
    found = dict.fromkeys(each for text in texts for each in _split(text))
    return " ".join(_fitting(found))


def typed_words(text: str) -> tuple[str, ...]:
    """Return the words that somebody is looking for."""
    return tuple(dict.fromkeys(word.casefold()[:LONGEST_WORD] for word in WORD.findall(text)))


def texts_of(report: Report) -> Iterator[str]:
    """Yield what anybody who sees the incident may read in the report."""
    for raised in report.exceptions:
        yield raised.type
        yield raised.message
        for frame in reversed(raised.frames):
            yield from _texts_of_frame(frame)


def _texts_of_frame(frame: Frame) -> Iterator[str]:
    yield frame.filename
    yield frame.module
    yield frame.function
    yield frame.context_line


def _split(text: str) -> Iterator[str]:
    for word in WORD.findall(text):
        yield word.casefold()[:LONGEST_WORD]
        parts = PART.findall(word)
        if len(parts) > 1:
            yield from (part.casefold()[:LONGEST_WORD] for part in parts)


def _fitting(words: Iterable[str]) -> Iterator[str]:
    left = LONGEST
    for word in words:
        left -= len(word) + 1
        if left < 0:
            return
        yield word
