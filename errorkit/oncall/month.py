"""A month of a rota as a calendar, in the schedule's own zone."""

import calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from errorkit.oncall.rota import Rota, Shift, shifts
from errorkit.oncall.walltime import resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day and its shifts, cut to the day; `inside` is false for the days of the neighbouring months."""

    date: date
    inside: bool
    shifts: tuple[Shift, ...]


def month_of(rota: Rota, first: date) -> list[Shift]:
    """Return the shifts of the month that begins on `first`; the outer two are cut to fit."""
    following = (first + timedelta(days=31)).replace(day=1)
    return list(shifts(rota, _midnight(rota, first), _midnight(rota, following)))


def weeks(rota: Rota, year: int, month: int) -> list[list[Day]]:
    """Return the month's weeks, from Monday to Sunday, with the days of the neighbouring months that fill them."""
    dates = calendar.Calendar().monthdatescalendar(year, month)
    first, last = dates[0][0], dates[-1][-1]
    planned = list(shifts(rota, _midnight(rota, first), _midnight(rota, last + timedelta(days=1))))
    return [
        [Day(date=day, inside=day.month == month, shifts=_of(rota, planned, day)) for day in week]
        for week in dates
    ]


def _of(rota: Rota, planned: list[Shift], day: date) -> tuple[Shift, ...]:
    start, end = _midnight(rota, day), _midnight(rota, day + timedelta(days=1))
    return tuple(
        Shift(start=max(shift.start, start), end=min(shift.end, end), person=shift.person)
        for shift in planned
        if shift.start < end and start < shift.end
    )


def _midnight(rota: Rota, day: date) -> datetime:
    return resolve(datetime.combine(day, time.min), rota.zone)
