"""The sweep's look at the schedules: who comes on call is told so, and a time with nobody is announced 14 days ahead."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from errorkit.conf import get_config
from errorkit.delivery.channels import ONCALL
from errorkit.delivery.outbox import make_delivery, owe
from errorkit.delivery.texts import describe
from errorkit.models import Delivery, Schedule
from errorkit.oncall.destinations import Destination, Directory
from errorkit.oncall.owing import key_of
from errorkit.oncall.rota import Person, Shift, gaps, now_and_next
from errorkit.oncall.schedules import AHEAD, fallback_of, read, rota_of, schedules
from errorkit.oncall.walltime import as_instant, as_stored

logger = logging.getLogger("errorkit.oncall")

# However far away the next change is: somebody may edit the rota.
LOOK_AGAIN = timedelta(hours=1)
CHECK_GAPS = timedelta(days=1)
BATCH = 100


def tell_handoffs(now: datetime) -> int:
    """Tell people that their shift has begun; return how many notices are owed."""
    waiting = Q(next_change_at=None) | Q(next_change_at__lte=now)
    return _for_each(waiting, _tell_handoff, now, put_off="next_change_at")


def tell_gaps(now: datetime) -> int:
    """Announce, once a day, when nobody will be on call within 14 days; return how many notices are owed."""
    stale = Q(checked_at=None) | Q(checked_at__lte=now - CHECK_GAPS)
    return _for_each(stale, _tell_gaps, now, put_off="checked_at")


def _for_each(
    which: Q, look: Callable[[Schedule, datetime], int], now: datetime, *, put_off: str
) -> int:
    owed = 0
    for schedule in read(schedules(now).filter(which)[:BATCH], now):
        try:
            owed += look(schedule, now)
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001  one broken schedule does not stop the others
            logger.error("schedule %s cannot be read: %s", schedule, describe(error))
            later = {put_off: now + LOOK_AGAIN}
            Schedule.objects.using(get_config().database).filter(pk=schedule.pk).update(**later)
    return owed


def _tell_handoff(schedule: Schedule, now: datetime) -> int:
    present, following = now_and_next(rota_of(schedule), as_instant(now), within=LOOK_AGAIN)
    person = present.person
    news: dict[str, object] = {
        "on_call_id": person.user_id if person else "",
        "next_change_at": as_stored(following.start) if following else now + LOOK_AGAIN,
    }
    if person and schedule.next_gap_at and schedule.next_gap_at <= now:
        # It is over: the next one, if any, is to be found.
        news["checked_at"] = None
    first_look = schedule.next_change_at is None and not schedule.on_call_id
    changed = person is not None and person.user_id != schedule.on_call_id
    wanted = schedule.handoff_notices and changed and not first_look
    return _note_and_owe(
        schedule, news, _handoff_notices(schedule, person, now) if person and wanted else []
    )


def _note_and_owe(schedule: Schedule, news: dict[str, object], notices: list[Delivery]) -> int:
    """Write down what was seen, and owe the notices with it, unless another sweep was first; return how many are owed."""
    alias = get_config().database
    notes = ("on_call_id", "next_change_at", "checked_at")
    # Only one of several sweeps finds the notes as they were.
    unchanged = Schedule.objects.using(alias).filter(
        pk=schedule.pk, **{name: getattr(schedule, name) for name in notes if name in news}
    )
    with transaction.atomic(using=alias):
        return owe(notices) if unchanged.update(**news) else 0


def _handoff_notices(schedule: Schedule, person: Person, now: datetime) -> list[Delivery]:
    rota = rota_of(schedule)
    present, following = now_and_next(rota, as_instant(now))
    until = following.start.astimezone(rota.zone) if following else None
    facts = [(_("Schedule"), schedule.name)]
    if until:
        facts.append((_("Until"), f"{until:%a %Y-%m-%d %H:%M %Z}"))
    if following and following.person:
        facts.append((_("Next"), following.person.label))
    subject = _("You are on call: {schedule}").format(schedule=schedule.name)
    when = f"{present.start:%Y%m%dT%H%M}"
    return [
        _notice(way, subject, facts, now, "handoff", schedule.pk, when)
        for way in Directory(now).of_person(person)
    ]


def _tell_gaps(schedule: Schedule, now: datetime) -> int:
    start = as_instant(now)
    found = [] if fallback_of(schedule) else gaps(rota_of(schedule), start, start + AHEAD)
    first = as_stored(found[0].start) if found else None
    news: dict[str, object] = {"checked_at": now, "next_gap_at": first}
    return _note_and_owe(schedule, news, [_gap_notice(schedule, found, now)] if found else [])


def _gap_notice(schedule: Schedule, found: list[Shift], now: datetime) -> Delivery:
    subject = _("Nobody is on call: {schedule}").format(schedule=schedule.name)
    facts = [(_("Nobody"), _span(schedule, gap)) for gap in found[:20]]
    where = Destination(channel=ONCALL)
    return _notice(where, subject, facts, now, "gap", schedule.pk, f"{now:%Y%m%d}")


def _span(schedule: Schedule, gap: Shift) -> str:
    zone = rota_of(schedule).zone
    start, end = gap.start.astimezone(zone), gap.end.astimezone(zone)
    return f"{start:%a %Y-%m-%d %H:%M} – {end:%a %Y-%m-%d %H:%M %Z}"


def _notice(
    way: Destination, subject: str, facts: list[tuple[str, str]], now: datetime, *key: object
) -> Delivery:
    delivery = make_delivery(
        Delivery.Purpose.NOTICE,
        way.channel,
        key=key_of(*key, way.channel, way.user_id, way.method),
        now=now,
    )
    delivery.recipient_id = way.user_id
    delivery.recipient_label = way.label
    delivery.address = way.address
    delivery.notice = {"subject": subject, "kind": key[0], "facts": facts}
    return delivery
