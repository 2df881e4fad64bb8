"""Is somebody sweeping? Without a sweep nothing is sent, and people must see that. The one judge, for the admin and for health."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from errorkit.conf import get_config
from errorkit.models import Alert, Delivery, Heartbeat, Occurrence
from errorkit.sweep import OVERDUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Work is waiting and nobody has swept for a minute; `since` is the last sweep, None if there never was one."""

    since: datetime | None


def find_silence() -> Silence | None:
    """Return what to warn about, or None while all is well. One query as long as somebody sweeps."""
    alias, now = get_config().database, timezone.now()
    beat = last_sweep()
    seconds = None if beat is None else (now - beat).total_seconds()
    if not is_overdue(seconds) or not work_waits(alias, now):
        return None
    return Silence(since=beat)


def last_sweep() -> datetime | None:
    """Return when somebody swept last, None if nobody ever did."""
    beats = Heartbeat.objects.using(get_config().database).filter(name="sweep")
    return beats.values_list("at", flat=True).first()


def is_overdue(swept_seconds: float | None) -> bool:
    """Return whether the last sweep was too long ago."""
    return swept_seconds is None or swept_seconds > OVERDUE.total_seconds()


def work_waits(alias: str, now: datetime) -> bool:
    """Return whether there is something for a sweep to do; what was recorded just now is the background thread's."""
    late = Occurrence.objects.using(alias).undigested()
    return (
        Delivery.objects.using(alias).unfinished().exists()
        or late.filter(recorded_at__lt=now - OVERDUE).exists()
        or Alert.objects.using(alias).due(now).exists()
    )
