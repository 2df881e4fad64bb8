"""Remove secrets: by name, by value, by looks."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from uuid import UUID

from errorkit.conf import Config, get_config
from errorkit.reports.hostfilter import HostFilter
from errorkit.reports.kinds import Shape, kind_of
from errorkit.reports.names import Names, names_of
from errorkit.reports.patterns import hide_patterns
from errorkit.reports.plain import says_nothing
from errorkit.reports.secrets import Secrets
from errorkit.reports.settings import setting_secrets
from errorkit.reports.values import CUT, ValueWriter

SEPARATOR = "\x00"
LONGEST_TEXT = 16_384
MOST_ITEMS = 1_000
DEEPEST = 12


def scrub(value: Any) -> Any:
    """Return a JSON-safe value without secrets.

    Containers are walked (at most 12 deep and 1,000 items each), texts are cut to 16,384 characters, and whatever JSON does not know becomes
    the name of its type. Nothing of the value's own code is called. Scrubbing twice changes nothing.
    """
    scrubber = Scrubber(get_config())
    plain = scrubber.plain(value)
    return scrubber.tree(plain)


class Scrubber:
    """The scrub of one report: first everything is looked at (`plain`, `writer`), then everything is cleaned (`texts`, `tree`)."""

    __slots__ = ("extra", "host", "names", "secrets", "writer")

    def __init__(
        self, config: Config, names: Names | None = None, host: HostFilter | None = None
    ) -> None:
        self.host = host
        self.names = names_of(config.scrub) if names is None else names
        self.extra = extra_patterns(config.scrub)
        self.secrets = Secrets(setting_secrets(self.names))
        self.writer = ValueWriter(self.names, self.secrets.learn)

    def texts(self, texts: list[str], sample: Sequence[str] | None = None) -> list[str]:
        """Return the texts in one pass without secrets, NUL and surrogates; the very same list if all were clean.

        `sample`: what may have the looks of a secret, if that is less than all.
        """
        # What is handed from call to call comes again and again.
        distinct = list(dict.fromkeys(texts))
        clean = self._distinct(distinct, None if sample is None else dict.fromkeys(sample))
        if clean is distinct:
            return texts
        cleaned = dict(zip(distinct, clean, strict=True))
        return [cleaned[text] for text in texts]

    def _distinct(self, texts: list[str], sample: Iterable[str] | None) -> list[str]:
        joined = SEPARATOR.join(texts)
        clean = cleaned(joined, separators=len(texts) - 1) if texts else joined
        if clean is None:
            texts = [without_nul(text) for text in texts]
            clean = SEPARATOR.join(texts)
        # Values go first: what they hide may be a part of what has the looks of a secret.
        hidden = self.secrets.hide(clean)
        if CUT in hidden:
            hidden = self.secrets.hide_starts(hidden, CUT)
        likely = None if sample is None else SEPARATOR.join(sample)
        hidden = hide_patterns(hidden, self.extra, sample=likely)
        return texts if hidden is joined else hidden.split(SEPARATOR)

    def text(self, text: str) -> str:
        """Return one text without secrets, NUL and surrogates."""
        return self.texts([text])[0]

    def plain(self, value: Any, depth: int = 0) -> Any:
        """Return the value as JSON-safe dicts, lists and plain values, with what secret names hold masked and learnt."""
        if value is None or type(value) in {bool, int} or type(value) is str:
            return value[:LONGEST_TEXT] if type(value) is str else self._number(value)
        if type(value) is float:
            return value if value - value == 0 else repr(value)
        if type(value) in {UUID, datetime, date, time}:
            return str(value) if type(value) is UUID else value.isoformat()
        kind = kind_of(type(value))
        if kind.shape is Shape.OPAQUE or depth >= DEEPEST:
            return self.writer.write(value)
        if kind.shape is Shape.TEXT:
            return str.__getitem__(value, slice(LONGEST_TEXT))
        if kind.shape is Shape.MAPPING:
            return self._mapping(value, depth)
        return [self.plain(item, depth + 1) for item in list(kind.iterate(value))[:MOST_ITEMS]]

    def _number(self, value: int | None) -> Any:
        return value if value is None or value.bit_length() <= 63 else self.writer.write(value)

    def _mapping(self, value: dict[Any, Any], depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, item in list(dict.items(value))[:MOST_ITEMS]:
            name = key[:256] if type(key) is str else self.writer.write(key)
            verdict = self.names[name]
            if verdict and not says_nothing(item):
                result[name] = self.writer.hide(item, verdict)
            else:
                result[name] = self.plain(item, depth + 1)
        return result

    def tree(self, value: Any) -> Any:
        """Return what `plain` made with every text cleaned, all of them in one pass."""
        found: list[str] = []
        _collect(value, found)
        return _rebuilt(value, iter(self.texts(found))) if found else value


def _collect(value: Any, texts: list[str]) -> None:
    if type(value) is str:
        texts.append(value)
    elif type(value) is dict:
        for key, item in value.items():
            texts.append(key)
            _collect(item, texts)
    elif type(value) is list:
        for item in value:
            _collect(item, texts)


def _rebuilt(value: Any, texts: Iterator[str]) -> Any:
    """Return the value with the texts that come next, in the order of `_collect`."""
    if type(value) is str:
        return next(texts)
    if type(value) is dict:
        return {next(texts): _rebuilt(item, texts) for item in value.values()}
    if type(value) is list:
        return [_rebuilt(item, texts) for item in value]
    return value


def cleaned(text: str, *, separators: int = 0) -> str | None:
    """Return the text without surrogates, or None if it holds more NULs than were put there as separators."""
    if text.count(SEPARATOR) != separators:
        return None
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def without_nul(text: str) -> str:
    """Return the text with NUL and surrogates replaced."""
    return text.replace(SEPARATOR, "\ufffd").encode("utf-8", "replace").decode()


def extra_patterns(scrub: Mapping[str, Any]) -> tuple[re.Pattern[str], ...]:
    """Return the expressions of ERRORKIT["SCRUB"]["PATTERNS"]; one that does not compile is left out, a check says so."""
    return _compiled(tuple(map(str, scrub.get("PATTERNS") or ())))


@lru_cache(maxsize=8)
def _compiled(sources: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    compiled = []
    for source in sources:
        try:
            compiled.append(re.compile(source))
        except re.error:
            continue
    return tuple(compiled)
