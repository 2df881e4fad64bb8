"""Identifiers of an occurrence: the UUIDv7 and the reference that is read from it."""

import os
import time
from datetime import datetime
from uuid import UUID

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
READ_ALOUD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def make_occurrence_id() -> UUID:
    """Return a UUIDv7: 48 bits of milliseconds, 74 random bits (RFC 9562 section 5.7).

    The low 62 bits are random, unlike those of Python 3.14's own `uuid7`, because the reference is cut from them.
    """
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    high = (milliseconds << 16) | 0x7000 | (random >> 68)
    low = (0b10 << 62) | (random & 0x3FFF_FFFF_FFFF_FFFF)
    return UUID(int=(high << 64) | low)


def first_id_of(moment: datetime) -> UUID:
    """Return the smallest id that an occurrence of this moment can have: ids begin with milliseconds."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def reference_of(occurrence_id: UUID) -> str:
    """Return `XXXXX-XXXXX`: the low 50 bits in Crockford's base32, most significant first."""
    bits = occurrence_id.int
    letters = "".join([ALPHABET[(bits >> shift) & 31] for shift in range(45, -1, -5)])
    return f"{letters[:5]}-{letters[5:]}"


def read_reference(text: str) -> str | None:
    """Return the reference that a person typed, or None if it is none.

    Accepts lower case, O for 0, I and L for 1, spaces, and a missing hyphen.
    """
    if len(text) > 40:
        return None
    letters = text.upper().translate(READ_ALOUD)
    if len(letters) != LENGTH or any(letter not in ALPHABET for letter in letters):
        return None
    return f"{letters[:5]}-{letters[5:]}"
