"""Say who is on call."""

from argparse import ArgumentTypeError
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from errorkit.models import Schedule
from errorkit.models.rota import FIRST_YEAR, LAST_YEAR
from errorkit.oncall.month import month_of
from errorkit.oncall.rota import Rota, Shift, gaps, now_and_next
from errorkit.oncall.schedules import AHEAD, fallback_of, read, rota_of, schedules
from errorkit.oncall.walltime import as_instant, is_zone


def moment(text: str) -> datetime:
    """Read an ISO 8601 time; without an offset it is in the site's time zone."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no time such as 2026-03-29T02:30") from error
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ArgumentTypeError(f"{text!r} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return timezone.make_aware(value) if timezone.is_naive(value) else value


def month(text: str) -> date:
    """Read a month such as 2026-03 and return its first day; an empty text is this month."""
    try:
        first = date.fromisoformat(f"{text}-01") if text else timezone.localdate().replace(day=1)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no month such as 2026-03") from error
    if not FIRST_YEAR <= first.year <= LAST_YEAR:
        raise ArgumentTypeError(f"{text!r} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return first


class Command(BaseCommand):
    """Print who is on call now, or at a given time, who is next, and the gaps of the next 14 days; or the shifts of a month."""

    help = "Who is on call, who is next, and when nobody is."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the time to look at."""
        when = parser.add_mutually_exclusive_group()
        when.add_argument("--at", type=moment, metavar="T", help="ISO 8601; default: now")
        when.add_argument(
            "--month",
            type=month,
            nargs="?",
            const="",
            metavar="YYYY-MM",
            help="all shifts of a month; default: this one",
        )

    def handle(
        self, *args: Any, at: datetime | None = None, month: date | None = None, **options: Any
    ) -> None:
        """Print each schedule; a layer that makes no sense is logged, and counts as empty."""
        at = as_instant(at or timezone.now())
        found = read(schedules(), timezone.now())
        for schedule in found:
            zone = schedule.zone
            known = zone if is_zone(zone) else f"unknown zone {zone}, so UTC"
            self.stdout.write(f"{schedule.name} ({known})")
            if month:
                self._print_month(schedule, rota_of(schedule), month)
            else:
                self._print(schedule, rota_of(schedule), at)
        if not found:
            self.stdout.write("There is no schedule: alerts go to ONCALL_FALLBACK, else to ADMINS.")

    def _print(self, schedule: Schedule, rota: Rota, at: datetime) -> None:
        present, following = now_and_next(rota, at)
        self.stdout.write(f"  on call  {_who(schedule, present)}{_until(rota, following)}")
        if following:
            self.stdout.write(f"  next     {_who(schedule, following)}")
        for gap in [] if fallback_of(schedule) else gaps(rota, at, at + AHEAD):
            self.stdout.write(f"  nobody   {_wall(rota, gap.start)} to {_wall(rota, gap.end)}")

    def _print_month(self, schedule: Schedule, rota: Rota, first: date) -> None:
        for shift in month_of(rota, first):
            self.stdout.write(f"  {_wall(rota, shift.start)}  {_who(schedule, shift)}")


def _who(schedule: Schedule, shift: Shift) -> str:
    if shift.person:
        return shift.person.label
    fallback = fallback_of(schedule)
    return f"{fallback.label} (fallback)" if fallback else "nobody"


def _until(rota: Rota, following: Shift | None) -> str:
    return f" until {_wall(rota, following.start)}" if following else ""


def _wall(rota: Rota, at: datetime) -> str:
    return at.astimezone(rota.zone).strftime("%a %Y-%m-%d %H:%M")
