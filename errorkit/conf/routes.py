"""How ROUTES is read; what is wrong is said with the number of the entry and what to write instead."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from fnmatch import fnmatchcase
from typing import Any

from errorkit.conf.config import Route
from errorkit.conf.values import mapping, texts

KEYS = tuple(each.name.upper() for each in fields(Route))
# What an occurrence can be; a text that fits none of them would let nothing through.
WORDS = {
    "LEVELS": ("fatal", "error", "warning", "info"),
    "TRANSITIONS": ("opened", "regressed", "repeated"),
}


def routes(value: Any) -> tuple[Route, ...]:
    if isinstance(value, (str, Mapping)):
        raise TypeError("must be a list of dicts")
    return tuple(_route(f"[{number}]", entry) for number, entry in enumerate(value))


def _route(place: str, value: Any) -> Route:
    if not isinstance(value, Mapping):
        raise TypeError(f"{place} must be a dict")
    given = {str(name).upper(): item for name, item in mapping(value).items()}
    for name in given.keys() - set(KEYS):
        raise ValueError(f"{place} has no key {name!r}, write {_nearest(name, KEYS)!r}")
    sample = given.pop("SAMPLE", 1.0)
    if isinstance(sample, bool) or not isinstance(sample, (int, float)) or not 0 <= sample <= 1:
        raise ValueError(f"{place} has a SAMPLE that is no number from 0 to 1")
    lists = {name: _texts(place, name, item) for name, item in given.items()}
    if not lists.get("CHANNELS"):
        raise ValueError(f"{place} names no CHANNELS")
    return Route(**{name.lower(): item for name, item in lists.items()}, sample=float(sample))


def _texts(place: str, name: str, value: Any) -> tuple[str, ...]:
    try:
        patterns = texts(value)
    except TypeError as error:
        raise TypeError(f"{place}[{name!r}] must be a list of texts") from error
    words = WORDS.get(name, ())
    for pattern in patterns:
        if words and not any(fnmatchcase(word, pattern) for word in words):
            known = ", ".join(words)
            raise ValueError(
                f"{place}[{name!r}] has {pattern!r}, write {_nearest(pattern, words)!r} (known are {known})"
            )
    return patterns


def _nearest(word: str, words: Iterable[str]) -> str:
    return difflib.get_close_matches(word, words, n=1, cutoff=0.0)[0]
