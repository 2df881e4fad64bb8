"""The outline of a failure: its chain of exceptions and their frames, without values, source lines or text of either."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import NamedTuple

from errorkit.conf import Config, InApp
from errorkit.reports.kinds import bases_of, type_name
from errorkit.reports.messages import message_of
from errorkit.reports.parts import Relation
from errorkit.reports.places import Place, place_of
from errorkit.reports.subtypes import subtype_of
from errorkit.reports.templates import template_call

MOST_EXCEPTIONS = 12
# Of longer stacks the oldest and the newest calls are looked at.
OLDEST, NEWEST = 200, 400

# The slots of the builtin, so that no property of the host's exception is called.
traceback_of = BaseException.__dict__["__traceback__"].__get__
_cause_of = BaseException.__dict__["__cause__"].__get__
_context_of = BaseException.__dict__["__context__"].__get__
_hides_context = BaseException.__dict__["__suppress_context__"].__get__
_members_of = BaseExceptionGroup.__dict__["exceptions"].__get__


class Call(NamedTuple):
    """One frame of a traceback, alive."""

    frame: FrameType
    place: Place
    lineno: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One exception of the chain. `subtype` is what is known of a database, HTTP or system failure; `parent` is an index into the
    chain; `omitted` counts calls left out after the first OLDEST.
    """

    exc: BaseException
    message: str
    subtype: str
    relation: Relation
    parent: int | None
    calls: tuple[Call, ...]
    omitted: int = 0

    @property
    def type_name(self) -> str:
        """Return `module.Class` of the exception."""
        return type_name(type(self.exc))

    @property
    def recurs(self) -> bool:
        """Return whether the calls went too deep."""
        return RecursionError in bases_of(type(self.exc))


@dataclass(frozen=True, slots=True)
class Outline:
    """The chain, the raised exception first.

    Holds live frames, so it must not be stored anywhere: a frame that holds its own outline is a reference cycle, and keeps all locals
    of the failed request alive.
    """

    links: tuple[Link, ...]

    @property
    def raised(self) -> Link:
        """Return the exception that was raised last."""
        return self.links[0]


def outline_of(exc: BaseException, config: Config) -> Outline:
    """Return the outline of an exception: at most 12 of its chain, each once."""
    links: list[Link] = []
    seen: set[int] = set()
    waiting: list[tuple[BaseException, Relation, int | None]] = [(exc, "raised", None)]
    while waiting and len(links) < MOST_EXCEPTIONS:
        current, relation, parent = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        message = message_of(current)
        calls, omitted = _calls_of(traceback_of(current), config.in_app)
        links.append(
            Link(
                exc=current,
                message=message,
                subtype=subtype_of(current, message),
                relation=relation,
                parent=parent,
                calls=calls,
                omitted=omitted,
            )
        )
        waiting.extend(_next(current, len(links) - 1))
    return Outline(tuple(links))


def _next(exc: BaseException, parent: int) -> Iterator[tuple[BaseException, Relation, int]]:
    cause, context = _cause_of(exc), _context_of(exc)
    if cause is not None:
        yield cause, "cause", parent
    elif context is not None and not _hides_context(exc):
        yield context, "context", parent
    if BaseExceptionGroup in bases_of(type(exc)):
        for member in _members_of(exc)[:MOST_EXCEPTIONS]:
            yield member, "member", parent


def _calls_of(traceback: TracebackType | None, rule: InApp) -> tuple[tuple[Call, ...], int]:
    entries: list[TracebackType] = []
    while traceback is not None:
        entries.append(traceback)
        traceback = traceback.tb_next
    omitted = max(0, len(entries) - OLDEST - NEWEST)
    if omitted:
        del entries[OLDEST : OLDEST + omitted]
    return tuple([_call_of(each, rule) for each in entries]), omitted


def _call_of(entry: TracebackType, rule: InApp) -> Call:
    frame = entry.tb_frame
    place = place_of(frame, rule)
    if place.is_template_node and (found := template_call(frame, rule)):
        return Call(frame, *found)
    return Call(frame, place, entry.tb_lineno or 0)
