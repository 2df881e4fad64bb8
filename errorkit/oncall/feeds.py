"""A person's shifts as an iCalendar feed (RFC 5545), by the icalendar library: `pip install errorkit[ics]`.

Times are written in UTC, which every calendar program shows in its own zone, whatever the clocks do.
"""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.util import find_spec

from django.utils.translation import gettext as _

from errorkit.conf import get_config
from errorkit.models import CalendarFeed, Schedule
from errorkit.oncall.rota import Shift, shifts
from errorkit.oncall.schedules import read, rota_of, schedules
from errorkit.oncall.walltime import as_stored

BEHIND, AHEAD = timedelta(days=15), timedelta(days=180)


def is_available() -> bool:
    """Return whether the icalendar library is installed."""
    return find_spec("icalendar") is not None


def make_feed(user_id: str, label: str) -> str:
    """Give a person a new feed, which ends their old ones; return its token, which nobody can look up again."""
    token = secrets.token_urlsafe(32)
    feeds = CalendarFeed.objects.using(get_config().database)
    feeds.filter(user_id=user_id).delete()
    feeds.create(user_id=user_id, label=label, token_hash=hash_of(token))
    return token


def find_feed(token: str) -> CalendarFeed | None:
    """Return the feed of a token."""
    return (
        CalendarFeed.objects.using(get_config().database).filter(token_hash=hash_of(token)).first()
    )


def hash_of(token: str) -> str:
    """Return what is stored of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def calendar_of(feed: CalendarFeed, now: datetime) -> bytes:
    """Return the shifts of the feed's person in all schedules, from 15 days ago to in 180 days."""
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//errorkit//on call//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _("On call: {name}").format(name=feed.label))
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for schedule, shift in _shifts_of(feed.user_id, now):
        event = Event()
        # The start names the shift: a program that has seen it moves the end, and does not double it.
        event.add("uid", f"{schedule.pk}.{shift.start:%Y%m%dT%H%M%SZ}.{feed.pk}@errorkit")
        event.add("summary", _("On call: {name}").format(name=schedule.name))
        event.add("dtstamp", now)
        event.add("dtstart", shift.start)
        event.add("dtend", shift.end)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _shifts_of(user_id: str, now: datetime) -> Iterator[tuple[Schedule, Shift]]:
    start = now.replace(minute=0, second=0, microsecond=0)
    for schedule in read(schedules(as_stored(now - BEHIND)), now):
        planned = shifts(rota_of(schedule), start - BEHIND, start + AHEAD)
        mine = (shift for shift in planned if shift.person and shift.person.user_id == user_id)
        yield from ((schedule, shift) for shift in mine)
