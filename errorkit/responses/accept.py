"""What a client wants: the Accept field, read in bounded time and without ever raising (RFC 9110 section 12.5.1)."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

# Real headers stay far below; what is longer is not read to its end.
MAX_LENGTH = 4096
MAX_RANGES = 64
# Browsers send a handful of fields, over and over: what is this short is read once.
MAX_REMEMBERED = 256

NAME = r"[!#$%&'*+\-.^_`|~0-9a-z]{1,127}"
MEDIA_RANGE = re.compile(rf"{NAME}/{NAME}", re.ASCII)
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
QVALUE = re.compile(r"[01]?(?:\.[0-9]{0,16})?", re.ASCII)

# How closely a range names an offer.
ANYTHING, ANY_SUBTYPE, SAME_FAMILY, EXACT = range(4)


class MediaRange(NamedTuple):
    """One element of the field; `quality` runs from 0 (never) to 1."""

    type: str
    subtype: str
    quality: float
    position: int


class Match(NamedTuple):
    """How welcome an offer is; the field is absent or empty where `specificity` is ANYTHING and `position` 0."""

    offer: str
    quality: float
    specificity: int
    position: int


def preferred(header: str | None, offers: Sequence[str]) -> str | None:
    """Return the offer that the Accept field ranks first, or None if it accepts none of them.

    Ties in quality go to the offer that is named more closely, then to the order of the client, then to that of the offers. An absent,
    empty or unreadable field accepts everything. Parameters other than `q` are ignored; `application/vnd.api+json` and the like
    accept any JSON offer.
    """
    matches = rank(header, offers)
    return matches[0].offer if matches else None


def rank(header: str | None, offers: Sequence[str]) -> list[Match]:
    """Return the acceptable offers, best first."""
    if type(header) is str and len(header) <= MAX_REMEMBERED:
        return list(_remembered(header, tuple(offers)))
    return _rank(header, offers)


@lru_cache(maxsize=256)
def _remembered(header: str, offers: tuple[str, ...]) -> tuple[Match, ...]:
    return tuple(_rank(header, offers))


def _rank(header: str | None, offers: Sequence[str]) -> list[Match]:
    ranges = parse(header)
    if not ranges:
        return [Match(offer, 1.0, ANYTHING, 0) for offer in offers]
    matches = [match for offer in offers if (match := _match(offer, ranges)) is not None]
    return sorted(matches, key=lambda match: (-match.quality, -match.specificity, match.position))


def parse(header: str | None) -> list[MediaRange]:
    """Return the well-formed ranges of the field, at most MAX_RANGES."""
    if not isinstance(header, str):
        return []
    text = QUOTED.sub("", header[:MAX_LENGTH]).lower()
    ranges = []
    for position, element in enumerate(text.split(",", MAX_RANGES)[:MAX_RANGES]):
        name, *parameters = element.split(";")
        name = name.strip()
        name = "*/*" if name == "*" else name
        if MEDIA_RANGE.fullmatch(name):
            kind, _, subtype = name.partition("/")
            ranges.append(MediaRange(kind, subtype, _quality(parameters), position))
    return ranges


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return _read_quality(value.strip())
    return 1.0


def _read_quality(text: str) -> float:
    # A weight that cannot be read does not make the range unwelcome: the client named it.
    if not QVALUE.fullmatch(text) or text in {"", "."}:
        return 1.0
    return min(float(text), 1.0)


def _match(offer: str, ranges: Sequence[MediaRange]) -> Match | None:
    """Return how the most specific range treats the offer, None if it excludes it or none names it."""
    kind, _, subtype = offer.lower().partition("/")
    best: Match | None = None
    for each in ranges:
        specificity = _specificity(each, kind, subtype)
        if specificity is not None and (best is None or specificity > best.specificity):
            best = Match(offer, each.quality, specificity, each.position)
    return best if best is not None and best.quality > 0 else None


def _specificity(each: MediaRange, kind: str, subtype: str) -> int | None:
    if (each.type, each.subtype) == (kind, subtype):
        return EXACT
    if (each.type, each.subtype) == ("*", "*"):
        return ANYTHING
    if each.type != kind:
        return None
    if each.subtype == "*":
        return ANY_SUBTYPE
    # Refusing one JSON type says nothing about the others.
    if each.quality > 0 and _is_json(each.subtype) and _is_json(subtype):
        return SAME_FAMILY
    return None


def _is_json(subtype: str) -> bool:
    return subtype == "json" or subtype.endswith("+json")
