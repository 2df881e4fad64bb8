"""From the rows of a schedule to its rota."""

import logging
from collections.abc import Collection, Iterator
from datetime import datetime, time, timedelta

from django.db.models import Prefetch, QuerySet

from errorkit.conf import get_config
from errorkit.delivery.texts import describe
from errorkit.models import Layer, LayerMember, Override, Schedule
from errorkit.models.rota import LAST_YEAR
from errorkit.oncall import people, rota
from errorkit.oncall.walltime import as_instant, zone_of

logger = logging.getLogger("errorkit.oncall")

ALL_DAYS = "0123456"
AHEAD = timedelta(days=14)


def schedules(since: datetime | None = None) -> QuerySet[Schedule]:
    """Return all schedules with what `rota_of` reads, in four queries; overrides that ended before `since` are left out."""
    overrides = Override.objects.order_by("pk")
    if since is not None:
        overrides = overrides.filter(ends_at__gt=since)
    return Schedule.objects.using(get_config().database).prefetch_related(
        "layers__members", Prefetch("overrides", queryset=overrides)
    )


def read(which: QuerySet[Schedule], now: datetime) -> list[Schedule]:
    """Return the schedules with a note of who has left (see `note_leavers`)."""
    found = list(which)
    note_leavers(found, now)
    return found


def note_leavers(found: Collection[Schedule], now: datetime) -> None:
    """Note on each schedule which of its people have no active account any more; one query, of the host's users.

    They leave the rota now, as if somebody had taken them out. Where the host cannot be asked, everybody stays.
    """
    named = {each: set(_people_in(each)) for each in found}
    known = people.accounts(set().union(*named.values()))
    if known is None:
        return
    here = {user_id for user_id, account in known.items() if account.active}
    for schedule, user_ids in named.items():
        schedule.leavers = dict.fromkeys(user_ids - here, as_instant(now))


def rota_of(schedule: Schedule) -> rota.Rota:
    """Return the schedule's rota; a zone that is not known (any more) counts as UTC, a layer that makes no sense is left out."""
    overrides = (_override(each, schedule) for each in schedule.overrides.all())
    return rota.Rota(
        zone=zone_of(schedule.zone),
        layers=tuple(_layers_of(schedule)),
        overrides=tuple(each for each in overrides if each.start < each.end),
    )


def fallback_of(schedule: Schedule) -> rota.Person | None:
    """Return who is alerted while the rota has nobody."""
    if not schedule.fallback_id or schedule.fallback_id in schedule.leavers:
        return None
    return rota.Person(user_id=schedule.fallback_id, label=schedule.fallback_label)


def gaps_ahead(now: datetime) -> Iterator[tuple[Schedule, rota.Shift]]:
    """Yield the times of the next 14 days in which a schedule has nobody, not even a fallback."""
    start = as_instant(now)
    for schedule in read(schedules(now), now):
        if fallback_of(schedule) is None:
            found = rota.gaps(rota_of(schedule), start, start + AHEAD)
            yield from ((schedule, gap) for gap in found)


def _people_in(schedule: Schedule) -> Iterator[str]:
    for layer in schedule.layers.all():
        yield from (member.user_id for member in layer.members.all())
    yield from (override.user_id for override in schedule.overrides.all())
    if schedule.fallback_id:
        yield schedule.fallback_id


def _layers_of(schedule: Schedule) -> Iterator[rota.Layer]:
    for layer in schedule.layers.all():
        try:
            yield _layer(layer, schedule)
        except (TypeError, ValueError) as error:
            # The form would have refused it. The layers below answer, and a gap is announced.
            logger.error("a layer of schedule %s cannot be read: %s", schedule, describe(error))


def _layer(layer: Layer, schedule: Schedule) -> rota.Layer:
    if layer.starts_on.year > LAST_YEAR:
        raise ValueError("it begins too far ahead")
    ends_on = layer.ends_on if layer.ends_on and layer.ends_on.year <= LAST_YEAR else None
    return rota.Layer(
        anchor=datetime.combine(layer.starts_on, layer.handoff_at),
        # Zero is refused by the form; a row that came another way must not divide by it.
        step=timedelta(**{layer.unit: max(layer.every, 1)}),
        members=tuple(_member(member, schedule) for member in layer.members.all()),
        end=datetime.combine(ends_on, layer.handoff_at) if ends_on else None,
        hours=_hours(layer),
    )


def _member(member: LayerMember, schedule: Schedule) -> rota.Member:
    person = rota.Person(user_id=member.user_id, label=member.label)
    return rota.Member(person=person, left_at=_left_at(member, schedule))


def _left_at(member: LayerMember, schedule: Schedule) -> datetime | None:
    times = [member.left_at and as_instant(member.left_at), schedule.leavers.get(member.user_id)]
    return min((each for each in times if each), default=None)


def _hours(layer: Layer) -> rota.Hours | None:
    if layer.covers_from is None and set(layer.weekdays) >= set(ALL_DAYS):
        return None
    return rota.Hours(
        weekdays=frozenset(int(day) for day in layer.weekdays if day in ALL_DAYS),
        start=layer.covers_from or time.min,
        end=layer.covers_until or time.min,
    )


def _override(override: Override, schedule: Schedule) -> rota.Override:
    end = as_instant(override.ends_at)
    return rota.Override(
        start=as_instant(override.starts_at),
        end=min(end, schedule.leavers.get(override.user_id, end)),
        person=rota.Person(user_id=override.user_id, label=override.label),
    )
