"""The rota: who is on call at an instant. Pure values and wall-clock maths; no database, no clock.

Overrides come first, the latest made on top; then the layers in order: the first that has somebody owns the instant. Boundaries are
counted from a layer's anchor, never from the previous boundary or from now, so editing the people moves no boundary.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, tzinfo
from itertools import pairwise

from errorkit.oncall.walltime import resolve

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can be on call."""

    user_id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person's place in a layer; it is skipped from `left_at` on."""

    person: Person
    left_at: datetime | None = None

    def is_there(self, at: datetime) -> bool:
        """Return whether the person has not left by then."""
        return self.left_at is None or at < self.left_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The part of a week that a layer covers, in wall-clock time; weekday 0 is Monday.

    A window that ends at or before its start reaches into the next day; it belongs to the day on which it starts.
    """

    weekdays: frozenset[int] = frozenset(range(7))
    start: time = time.min
    end: time = time.min

    def windows(self, first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the windows, as naive wall-clock times, that may touch the days from `first` to `last`.

        The day after counts, too: where a clock is set back over midnight, it has begun before the day ends a second time.
        """
        day = datetime.combine(first.date(), time.min) - DAY
        while day <= last + DAY:
            if day.weekday() in self.weekdays:
                end = datetime.combine(day, self.end)
                yield datetime.combine(day, self.start), end + DAY * (self.end <= self.start)
            day += DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """People who take turns of `step`, from the naive wall-clock time `anchor` on, until `end` if given."""

    anchor: datetime
    step: timedelta
    members: tuple[Member, ...]
    end: datetime | None = None
    hours: Hours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody who takes over from one instant to another."""

    start: datetime
    end: datetime
    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """A schedule's layers, first one first, and its overrides in the order in which they were made."""

    zone: tzinfo
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A time without a change of hands; `person` is None where nobody is on call."""

    start: datetime
    end: datetime
    person: Person | None


def owner_at(rota: Rota, at: datetime) -> Person | None:
    """Return who is on call at this instant."""
    for override in reversed(rota.overrides):
        if override.start <= at < override.end:
            return override.person
    owners = (_owner_in(layer, rota.zone, at) for layer in rota.layers)
    return next((owner for owner in owners if owner), None)


def shifts(rota: Rota, start: datetime, end: datetime) -> Iterator[Shift]:
    """Yield the shifts from `start` to `end`, without gap or overlap; the outer two are cut to fit."""
    cuts = sorted({start, end, *_changes(rota, start, end)})
    current: Shift | None = None
    for begins, ends in pairwise(cuts):
        person = owner_at(rota, begins)
        if current and current.person == person:
            current = replace(current, end=ends)
            continue
        if current:
            yield current
        current = Shift(start=begins, end=ends, person=person)
    if current:
        yield current


def gaps(rota: Rota, start: datetime, end: datetime) -> list[Shift]:
    """Return the times in which nobody is on call."""
    return [shift for shift in shifts(rota, start, end) if shift.person is None]


def now_and_next(
    rota: Rota, at: datetime, *, within: timedelta = timedelta(days=63)
) -> tuple[Shift, Shift | None]:
    """Return the shift that runs at this instant, and the one after it; None if no change comes `within` that time."""
    coming = shifts(rota, at, at + within)
    return next(coming), next(coming, None)


def _owner_in(layer: Layer, zone: tzinfo, at: datetime) -> Person | None:
    if not layer.members or not _is_covered(layer, zone, at):
        return None
    turn = _turn_at(layer, zone, at)
    if turn < 0:
        return None
    # The place of somebody who has left goes to the next in order, so that everybody else keeps their own turns.
    first = turn % len(layer.members)
    in_order = layer.members[first:] + layer.members[:first]
    return next((member.person for member in in_order if member.is_there(at)), None)


def _is_covered(layer: Layer, zone: tzinfo, at: datetime) -> bool:
    if layer.end and at >= resolve(layer.end, zone):
        return False
    if layer.hours is None:
        return True
    wall = _wall(at, zone)
    windows = layer.hours.windows(wall, wall)
    return any(resolve(start, zone) <= at < resolve(end, zone) for start, end in windows)


def _turn_at(layer: Layer, zone: tzinfo, at: datetime) -> int:
    """Return the number of the turn that runs; negative before the anchor.

    Where a change of the clocks swallows a whole turn, its boundaries coincide, and the turn after it runs.
    """
    turn = (_wall(at, zone) - layer.anchor) // layer.step
    while _boundary(layer, zone, turn + 1) <= at:
        turn += 1
    while _boundary(layer, zone, turn) > at:
        turn -= 1
    return turn


def _boundary(layer: Layer, zone: tzinfo, turn: int) -> datetime:
    return resolve(layer.anchor + turn * layer.step, zone)


def _changes(rota: Rota, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield each instant between the two at which the owner may change."""
    for override in rota.overrides:
        yield from (at for at in (override.start, override.end) if start < at < end)
    for layer in rota.layers:
        yield from (at for at in _changes_in(layer, rota.zone, start, end) if start < at < end)


def _changes_in(layer: Layer, zone: tzinfo, start: datetime, end: datetime) -> Iterator[datetime]:
    turn = max(0, _turn_at(layer, zone, start))
    while (boundary := _boundary(layer, zone, turn)) < end:
        yield boundary
        turn += 1
    yield from (member.left_at for member in layer.members if member.left_at)
    if layer.end:
        yield resolve(layer.end, zone)
    if layer.hours:
        for window in layer.hours.windows(_wall(start, zone), _wall(end, zone)):
            yield from (resolve(each, zone) for each in window)


def _wall(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)
