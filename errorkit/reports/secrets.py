"""Secret values: learnt where their name gives them away, then removed wherever else they appear."""

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

from errorkit.reports.kinds import Shape, kind_of
from errorkit.reports.patterns import MASK

# Shorter values would be found in half of all words.
SHORTEST = 6
LONGEST = 20_000
MOST = 256
NEAREST = 64
# A text of these letters is spelled the same in literals and in JSON, and in URLs but for its spaces.
SIMPLE = re.compile(r"[A-Za-z0-9._~ -]+")
SCHEMES = frozenset({"bearer", "basic", "token", "digest", "apikey"})


class Secrets:
    """The secret values of one report; `hide` removes them in every spelling that a report may hold."""

    __slots__ = ("_ordered", "_values")

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._values: set[str] = set(known)
        self._ordered: list[str] | None = None

    def learn(self, value: object) -> None:
        """Take a value, or what a container holds, as secret."""
        for text in _texts_in(value):
            if len(text) >= SHORTEST and len(self._values) < MOST:
                self._values.update(_spellings(text[:LONGEST]))
                self._ordered = None

    def hide(self, text: str) -> str:
        """Return the text without the secrets; the very same object if there are none."""
        for value in self.ordered():
            if value in text:
                text = text.replace(value, MASK)
        return text

    def hide_starts(self, text: str, mark: str) -> str:
        """Return a text without the beginnings of secrets that stand just before a mark, where a text was cut."""
        *pieces, rest = text.split(mark)
        return mark.join([*map(self._without_start, pieces), rest])

    def _without_start(self, text: str) -> str:
        quote_mark = text[-1:] if text.endswith(("'", '"')) else ""
        text = text.removesuffix(quote_mark)
        for value in self.ordered():
            start = value[: SHORTEST - 1]
            at = text.find(start, max(0, len(text) - len(value)))
            while at != -1:
                if value.startswith(text[at:]):
                    return text[:at] + MASK + quote_mark
                at = text.find(start, at + 1)
        return text + quote_mark

    def ordered(self) -> list[str]:
        """Return the secrets, the longest first, so that one that holds another goes as a whole."""
        if self._ordered is None:
            self._ordered = sorted(self._values, key=lambda value: (-len(value), value))
        return self._ordered


def _texts_in(value: Any, depth: int = 0) -> Iterator[str]:
    cls = type(value)
    if cls is str:
        yield value
        yield from _within(value)
    elif cls is bytes:
        yield from _texts_in(value[:LONGEST].decode("utf-8", "replace"))
    elif cls is int and value.bit_length() < 256:
        yield str(value)
    elif depth < 4:
        yield from _nested(value, depth)


def _within(value: str) -> Iterator[str]:
    """Yield the credentials of `Bearer <token>`, and the password of `Basic <base64>` (RFC 7617)."""
    scheme, _, rest = value[:LONGEST].partition(" ")
    if not rest or scheme.lower() not in SCHEMES:
        return
    yield rest.strip()
    try:
        yield b64decode(rest.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return


def _nested(value: Any, depth: int) -> Iterator[str]:
    kind = kind_of(type(value))
    if kind.shape is Shape.TEXT:
        yield str.__getitem__(value, slice(LONGEST))
    elif kind.shape is Shape.MAPPING:
        for item in list(dict.values(value))[:NEAREST]:
            yield from _texts_in(item, depth + 1)
    elif kind.shape is Shape.SEQUENCE:
        for item in list(kind.iterate(value))[:NEAREST]:
            yield from _texts_in(item, depth + 1)


def _spellings(text: str) -> set[str]:
    """Return the ways to write the value: as it is, inside a literal, inside JSON, inside a URL."""
    if text in MASK:
        return set()
    if SIMPLE.fullmatch(text):
        return {text, text.replace(" ", "+"), text.replace(" ", "%20")}
    spellings = {
        text,
        text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode(),
        repr(text)[1:-1],
        repr(text.encode("utf-8", "replace"))[2:-1],
        text.replace("\\", "\\\\").replace('"', '\\"'),
        quote(text, safe="", errors="replace"),
        quote(text, errors="replace"),
        quote_plus(text, errors="replace"),
        unquote_plus(text),
    }
    return {each for each in spellings if len(each) >= SHORTEST and each not in MASK}
