"""Bounded text of local variables, made without calling anything of the host's.

`repr` is called on plain builtin values only, and containers are walked by the methods of the builtin type. Everything else is found by `type()` and
shown as its type's name, so that no query runs, no lazy object wakes up, and no `__repr__`, `__len__`, `__class__` or `__bool__` of the host's is called.
"""

from collections.abc import Callable, Container, Iterable
from itertools import islice
from time import perf_counter
from typing import Any

from errorkit.reports.kinds import MAPPING, OPAQUE, TEXT, kind_of
from errorkit.reports.names import HIDE_AND_LEARN, KEEP, SUSPECT, Names
from errorkit.reports.patterns import MASK
from errorkit.reports.plain import PLAIN, says_nothing

CUT = "…"
TEXT_LIMIT = 256
ITEM_LIMIT = 24
DEPTH_LIMIT = 4
# Containers are cut once this many values have been shown for one local variable.
NODE_LIMIT = 120
LONGEST_INT_BITS = 512
# Shorter texts and smaller numbers hold neither a token, nor a card number, nor `pwd=...`.
SHORTEST_SUSPECT = 8
SUSPECT_BITS = 38


class ValueWriter:
    """Writes values as text.

    On the way it learns the secrets that names give away, and notes in `suspects` what may have the looks of one.
    """

    __slots__ = ("_hidden", "_known", "_plain", "learn", "names", "nodes", "suspects")

    def __init__(self, names: Names, learn: Callable[[object], None]) -> None:
        self.names = names
        self.learn = learn
        self.nodes = 0
        self.suspects: list[str] = []
        self._known: dict[int, str] = {}
        # The same secret is met in frame after frame.
        self._hidden: set[str] = set()
        self._plain: dict[type, Callable[[Any], str]] = {
            **PLAIN,
            str: self._text,
            bytes: self._bytes,
            int: self._int,
        }

    def write_locals(
        self, found: Iterable[tuple[str, object]], hidden: Container[str], deadline: float
    ) -> dict[str, str]:
        """Return the bounded texts of local variables by name; fewer once the deadline (of `perf_counter`) has passed.

        The values must stay alive as long as this writer: one that is handed from call to call is written once.
        """
        names, plains, known = self.names, self._plain, self._known
        texts: dict[str, str] = {}
        for name, value in found:
            verdict = names[name]
            plain = plains.get(type(value))
            if verdict or name in hidden:
                texts[name] = self.hide(value, verdict or HIDE_AND_LEARN)
            elif plain is not None:
                texts[name] = plain(value)
            elif id(value) in known:
                texts[name] = known[id(value)]
            elif perf_counter() > deadline:
                break
            else:
                self.nodes = NODE_LIMIT
                known[id(value)] = texts[name] = self._container(value, 0)
        return texts

    def write(self, value: object) -> str:
        """Return the bounded text of any value."""
        self.nodes = NODE_LIMIT
        return self._item(value, 0)

    def _text(self, value: str) -> str:
        if len(value) > TEXT_LIMIT:
            self.suspects.append(value[:TEXT_LIMIT])
            return repr(value[:TEXT_LIMIT]) + CUT
        if len(value) >= SHORTEST_SUSPECT:
            self.suspects.append(value)
        return repr(value)

    def _bytes(self, value: bytes) -> str:
        start = value[:TEXT_LIMIT]
        self.suspects.append(start.decode("latin-1"))
        return repr(start) if len(value) <= TEXT_LIMIT else repr(start) + CUT

    def _int(self, value: int) -> str:
        bits = value.bit_length()
        if bits < SUSPECT_BITS:
            return repr(value)
        if bits > LONGEST_INT_BITS:
            return f"<int of {bits} bits>"
        self.suspects.append(repr(value))
        return repr(value)

    def hide(self, value: object, verdict: int) -> str:
        """Return the mask, or the text of a value that says nothing, such as None."""
        if type(value) is str and value in self._hidden:
            return MASK
        if says_nothing(value):
            return repr(value)
        if verdict == HIDE_AND_LEARN:
            self.learn(value)
            if type(value) is str:
                self._hidden.add(value)
        return MASK

    def _item(self, value: object, depth: int) -> str:
        plain = self._plain.get(type(value))
        return plain(value) if plain is not None else self._container(value, depth)

    def _container(self, value: Any, depth: int) -> str:
        kind = kind_of(type(value))
        shape = kind.shape
        if shape is OPAQUE:
            return kind.describe(value)
        if shape is TEXT:
            return kind.wrap(self._text(str.__getitem__(value, slice(TEXT_LIMIT + 1))))
        if depth >= DEPTH_LIMIT or self.nodes <= 0:
            return kind.wrap(kind.opening + CUT + kind.closing)
        parts: list[str] = []
        try:
            if shape is MAPPING:
                self._pairs(value, depth + 1, parts)
            else:
                self._items(kind.iterate(value), depth + 1, parts)
        except RuntimeError:
            # Another thread changes the container while it is walked; what was read until then is shown.
            pass
        return kind.wrap(kind.opening + ", ".join(parts) + kind.closing)

    def _pairs(self, value: dict[Any, Any], depth: int, parts: list[str]) -> None:
        # One look-up for what a key says and how it is written, one for how its value is: this loop is the largest part of a report.
        labels, plains = self.names.labels, self._plain
        for key, item in islice(dict.items(value), self._share(dict.__len__(value))):
            verdict, text = labels[key] if type(key) is str else self._label(key, depth)
            if verdict == SUSPECT:
                self.suspects.append(key)
            elif verdict:
                parts.append(text + self.hide(item, verdict))
                continue
            plain = plains.get(type(item))
            parts.append(text + (plain(item) if plain else self._container(item, depth)))
        if len(parts) < dict.__len__(value):
            parts.append(CUT)

    def _share(self, wanted: int) -> int:
        """Return how many of the values of a container may be written."""
        share = min(wanted, ITEM_LIMIT, self.nodes)
        self.nodes -= share
        return share

    def _label(self, key: object, depth: int) -> tuple[int, str]:
        text = self._item(key, depth)
        verdict = self.names[key.decode("latin-1")] if type(key) is bytes else KEEP
        return verdict, f"{text}: "

    def _items(self, values: Iterable[Any], depth: int, parts: list[str]) -> None:
        plains = self._plain
        for item in values:
            if self.nodes <= 0 or len(parts) >= ITEM_LIMIT:
                parts.append(CUT)
                break
            self.nodes -= 1
            plain = plains.get(type(item))
            parts.append(plain(item) if plain else self._pair(item) or self._container(item, depth))

    def _pair(self, item: Any) -> str | None:
        """Return the text of a tuple such as ("password", "..."), which is how forms and headers are passed on; None for all else."""
        if type(item) is not tuple or len(item) != 2 or type(item[0]) is not str:
            return None
        verdict = self.names[item[0]]
        return f"({self._text(item[0])}, {self.hide(item[1], verdict)})" if verdict else None
