"""What pages have in common and what differs: a page of one shape is rendered once, and filled in for each failure."""

import re
from html import escape
from typing import NamedTuple

from errorkit.responses.brand import Brand
from errorkit.responses.words import Words


class Facts(NamedTuple):
    """What differs from one failure to the next; empty where there is nothing to show."""

    reference: str = ""
    request_id: str = ""
    time_iso: str = ""
    time_text: str = ""
    token: str = ""


class Shape(NamedTuple):
    """Everything else that a page depends on: pages of one shape differ in their facts only."""

    status: int
    words: Words
    brand: Brand
    home: str
    is_incident: bool
    has_reference: bool
    can_reload: bool
    feedback_url: str


# What stands in for the facts while a shape is rendered; survives every escaping.
BLANKS = Facts(*[f"zq{name}qz" for name in Facts._fields])
BLANK = re.compile(rb"zq(%s)qz" % "|".join(Facts._fields).encode())


class Form(NamedTuple):
    """A rendered shape: every other piece of it is the name of a fact."""

    pieces: tuple[bytes, ...]
    policy: str

    def filled(self, facts: Facts) -> bytes:
        """Return the document with these facts."""
        pieces = list(self.pieces)
        pieces[1::2] = [_escaped(getattr(facts, name.decode())) for name in pieces[1::2]]
        return b"".join(pieces)


def _escaped(text: str) -> bytes:
    return escape(text).encode("utf-8", "replace")
