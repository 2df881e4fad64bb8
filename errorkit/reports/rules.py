"""The rules by which failures are grouped, one for each version of the fingerprint.

A rule reads the chain of a failure while it is alive (`outline.Link`), and as it was stored (`stored.StoredLink`).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from errorkit.reports.normalising import normalised
from errorkit.reports.parts import Relation
from errorkit.reports.places import Place
from errorkit.reports.subtypes import DATABASES

ENTRY_MODULE = "__main__"
MOST_CALLS = 50


class Step(Protocol):
    """One call, as far as a rule looks at it."""

    @property
    def place(self) -> Place:
        """Return where it was."""


class Raised(Protocol):
    """One exception of a chain, as far as a rule looks at it; the members are those of `outline.Link`."""

    @property
    def type_name(self) -> str:
        """Return `module.Class`."""

    @property
    def subtype(self) -> str:
        """Return what is known of a database, HTTP or system failure."""

    @property
    def recurs(self) -> bool:
        """Return whether the calls went too deep."""

    @property
    def relation(self) -> Relation:
        """Return what it is to its parent."""

    @property
    def parent(self) -> int | None:
        """Return the index of its parent in the chain."""

    @property
    def message(self) -> str:
        """Return the text."""

    @property
    def calls(self) -> Sequence[Step]:
        """Return the calls, oldest first."""


Rule = Callable[[Sequence[Raised]], Iterator[str]]


def version_1(links: Sequence[Raised]) -> Iterator[str]:
    """Yield the parts of version 1, fit for reading: `type ...`, `with ...`, `in ...`, `cause ...`.

    In words: the type of the raised exception, what is known of a database or HTTP failure, and the site's own calls from the outside in,
    without line numbers; then, shorter, its causes. Only where none of the calls is the site's own, the nearest library call and the message
    without its numbers, ids and quoted texts. The environment is no part of it.
    """
    raised = links[0]
    yield f"type {raised.type_name}"
    if subtype := raised.subtype:
        yield f"with {subtype}"
    for key in telling_keys(raised):
        yield f"in {key}"
    yield from _chain(links)
    if not any(call.place.in_app for link in links for call in link.calls):
        yield from _library(raised)


def telling_keys(link: Raised) -> list[str]:
    """Return the site's own calls, each once, without entry scripts and the closures of decorators.

    Of a RecursionError only the calls that recur count: which of them hit the limit is chance.
    """
    calls = [call for call in link.calls if call.place.in_app]
    calls = [call for call in calls if call.place.module != ENTRY_MODULE] or calls
    last = len(calls) - 1
    keys = [
        call.place.key
        for number, call in enumerate(calls)
        if number == last or not call.place.is_wrapper
    ]
    if link.recurs:
        counts = Counter(keys)
        keys = [key for key in keys if counts[key] > 2] or keys
    # In the order of their first appearance, the innermost ones where there are too many.
    return list(dict.fromkeys(keys))[-MOST_CALLS:]


def _chain(links: Sequence[Raised]) -> Iterator[str]:
    members: set[str] = set()
    for link in links[1:]:
        if not _counts(link, links):
            continue
        part = _summary(link)
        if link.relation == "member":
            members.add(part)
        else:
            yield part
    # Which task of a group fails first is chance.
    yield from sorted(members)


def _summary(link: Raised) -> str:
    words = [link.relation, link.type_name]
    if subtype := link.subtype:
        words += ("with", subtype)
    if keys := telling_keys(link):
        words += ("in", keys[-1])
    return " ".join(words)


def _counts(link: Raised, links: Sequence[Raised]) -> bool:
    if link.relation == "context":
        # The exception that was being handled belongs to this failure if the site's own code was handling it. A failing handler500
        # fails the same way after any first failure.
        return bool(link.calls) and link.calls[0].place.in_app
    parent = links[link.parent or 0]
    # Django raises its own class from the driver's, which says the same.
    wraps = parent.type_name.startswith("django.db.utils.")
    return not (wraps and link.type_name.startswith(DATABASES))


def _library(link: Raised) -> Iterator[str]:
    nearest = _nearest(link.calls)
    if nearest is not None:
        yield f"near {nearest.place.key}"
    if message := normalised(link.message.partition("\n")[0]):
        yield f"message {message}"


def _nearest(calls: Sequence[Step]) -> Step | None:
    """Return the innermost call outside the standard library, else the innermost."""
    outside = [call for call in calls if not call.place.stdlib]
    return next(reversed(outside or calls), None)
