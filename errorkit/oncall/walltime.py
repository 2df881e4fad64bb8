"""Wall-clock time in a zone, and the instant that it means."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

SECOND = timedelta(seconds=1)


def is_zone(name: str) -> bool:
    """Return whether this machine's time zone data knows the IANA name."""
    return _load(name) is not None


def zone_of(name: str) -> tzinfo:
    """Return the zone, or UTC for a name that is not known (any more): a rota must go on working."""
    return _load(name) or UTC


def as_instant(moment: datetime) -> datetime:
    """Return the instant that Django means; a site without USE_TZ has naive times in its default zone."""
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def as_stored(moment: datetime) -> datetime:
    """Return the instant as such a site's database takes it."""
    return moment if settings.USE_TZ else timezone.make_naive(moment)


def as_local(moment: datetime) -> datetime:
    """Return it in the current time zone; such a site's times are there already."""
    return moment if timezone.is_naive(moment) else timezone.localtime(moment)


def resolve(wall: datetime, zone: tzinfo) -> datetime:
    """Return the instant, in UTC, of a naive wall-clock time in a zone.

    A time that happens twice means the first; one that is skipped means the first instant after the gap. The result never
    decreases as `wall` grows, so consecutive boundaries can neither overlap nor leave a gap.
    """
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    return _end_of_gap(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def _end_of_gap(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    offset = after.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


@lru_cache(maxsize=512)
def _load(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    # What zoneinfo raises depends on the name: a folder, a NUL, a path out of the data, or simply not there.
    except (LookupError, OSError, ValueError):
        return None
