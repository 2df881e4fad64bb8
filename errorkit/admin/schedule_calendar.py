"""What the calendar of a schedule shows, as text in the schedule's own time."""

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from errorkit.models import Schedule
from errorkit.models.rota import FIRST_YEAR, LAST_YEAR
from errorkit.oncall.month import Day, weeks
from errorkit.oncall.rota import Shift, now_and_next
from errorkit.oncall.schedules import fallback_of, rota_of
from errorkit.oncall.walltime import as_instant

# As many as the style sheet has; they help the eye, the names are there anyway.
COLOURS = 6


def look(schedule: Schedule) -> tuple[str, tuple[str, datetime] | None]:
    """Return who is on call, and who comes next from when."""
    rota = rota_of(schedule)
    present, following = now_and_next(rota, as_instant(timezone.now()))
    nobody = _nobody(schedule)
    name = present.person.label if present.person else nobody
    if following is None:
        return name, None
    next_name = following.person.label if following.person else nobody
    return name, (next_name, following.start.astimezone(rota.zone))


def _nobody(schedule: Schedule) -> str:
    fallback = fallback_of(schedule)
    return f"{fallback.label} ({_('fallback')})" if fallback else str(_("nobody"))


def shown_weeks(schedule: Schedule, first: date) -> list[list[dict[str, Any]]]:
    """Return the weeks as the template shows them: each day with names and local times, and a colour for each person."""
    rota, nobody, now = rota_of(schedule), _nobody(schedule), as_instant(timezone.now())
    colours: dict[str, int] = {}

    def show(day: Day, shift: Shift) -> dict[str, Any]:
        person = shift.person
        return {
            "name": person.label if person else nobody,
            "colour": colours.setdefault(person.user_id, len(colours) % COLOURS) if person else "",
            # What is over cannot be filled any more.
            "gap": person is None and shift.end > now,
            "start": f"{shift.start.astimezone(rota.zone):%H:%M}",
            "whole": len(day.shifts) == 1,
        }

    return [
        [
            {
                "date": day.date,
                "inside": day.inside,
                "shifts": [show(day, shift) for shift in day.shifts],
            }
            for day in week
        ]
        for week in weeks(rota, first.year, first.month)
    ]


def read_month(text: str, today: date) -> date:
    """Return the first day of the month that the text names, such as 2026-03, else of this month."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        first = today.replace(day=1)
    return first if FIRST_YEAR <= first.year <= LAST_YEAR else today.replace(day=1)


def months_away(first: date, months: int) -> date:
    """Return the first day of the month so many months later."""
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)
