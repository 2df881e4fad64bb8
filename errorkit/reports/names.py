"""Which names stand for secrets: keys of dicts, local variables, headers, query parameters, settings."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from errorkit.reports.vocabulary import DESCRIBING, STEMS, WORDS

KEEP = 0
HIDE = 1
# Of keys of dicts only: the key itself is so long that it may hold a secret.
SUSPECT = 3
LONGEST_HARMLESS = 20
# Hidden, and its value is removed wherever else it appears in the report.
HIDE_AND_LEARN = 2

WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
LONGEST_NAME = 200
# Longer names are not remembered, so that the memo stays small.
LONGEST_MEMO = 64
MEMO_SIZE = 4096


class Names(dict[str, int]):
    """A memo of verdicts: `names["apiKey"]` is HIDE_AND_LEARN. Bounded, because names come from requests too."""

    __slots__ = ("allow", "hide", "keep", "labels")

    def __init__(
        self, *, hide: Iterable[str] = (), keep: Iterable[str] = (), allow: Iterable[str] = ()
    ) -> None:
        super().__init__()
        self.hide = tuple(filter(None, map(_squash, hide)))
        self.keep = frozenset(map(_squash, keep))
        self.allow = frozenset(map(_squash, allow))
        self.labels = Labels(self)

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __missing__(self, name: str) -> int:
        verdict = self._judge(name[:LONGEST_NAME])
        if len(self) >= MEMO_SIZE:
            self.clear()
        if len(name) <= LONGEST_MEMO:
            self[name] = verdict
        return verdict

    def _judge(self, name: str) -> int:
        squashed = _squash(name)
        if squashed in self.keep:
            return KEEP
        if any(stem in squashed for stem in self.hide):
            return HIDE_AND_LEARN
        words = [word.lower() for word in WORD.findall(name)]
        if _sounds_secret(words):
            return HIDE if words[-1] in DESCRIBING else HIDE_AND_LEARN
        return HIDE if self.allow and squashed not in self.allow else KEEP


class Labels(dict[str, tuple[int, str]]):
    """A memo of keys of dicts: `labels["apiKey"]` is `(HIDE_AND_LEARN, "'apiKey': ")`."""

    __slots__ = ("names",)

    def __init__(self, names: Names) -> None:
        super().__init__()
        self.names = names

    def __missing__(self, name: str) -> tuple[int, str]:
        cut = "…" if len(name) > LONGEST_NAME else ""
        verdict = self.names[name]
        if verdict == KEEP and len(name) > LONGEST_HARMLESS:
            verdict = SUSPECT
        label = verdict, f"{name[:LONGEST_NAME]!r}{cut}: "
        if len(self) >= MEMO_SIZE:
            self.clear()
        if len(name) <= LONGEST_MEMO:
            self[name] = label
        return label


def names_of(scrub: Mapping[str, Any]) -> Names:
    """Return the memo for ERRORKIT["SCRUB"]: keys `NAMES`, `KEEP` and `ALLOW`, each a list of names.

    A name of `NAMES` counts wherever it is a part of another; `KEEP` are exact names that are never hidden; once `ALLOW` names anything,
    every other value is hidden.
    """
    global _latest  # noqa: PLW0603 - a cache of one: the setting is the same object until it changes
    known, names = _latest
    if known is not scrub:
        hide, keep, allow = (map(str, scrub.get(key) or ()) for key in ("NAMES", "KEEP", "ALLOW"))
        names = Names(hide=hide, keep=keep, allow=allow)
        _latest = (scrub, names)
    return names


def _squash(name: str) -> str:
    return "".join([letter for letter in name.lower() if letter.isalnum()])


def _sounds_secret(words: list[str]) -> bool:
    if not WORDS.isdisjoint(words):
        return True
    squashed = "".join(words)
    return any(stem in squashed for stem in STEMS)


_latest: tuple[Mapping[str, Any], Names] = ({}, Names())
