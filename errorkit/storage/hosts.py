"""What waits in the spools of the hosts: each tells the database about its own."""

import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from errorkit.conf import get_config
from errorkit.exceptions import SpoolError
from errorkit.models import Heartbeat
from errorkit.storage.local import local_spool

PREFIX = "spool:"
# Seconds after which a host says again what it has said.
AGAIN = 30.0
# A host that has been silent for so long is gone.
GONE = timedelta(days=1)

_told: tuple[float, int] = (float("-inf"), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpool:
    """What waited in one host's spool `told_seconds` ago, and for how long the oldest waits if it still does."""

    pending: int
    oldest_seconds: float
    told_seconds: float


def tell_spool() -> None:
    """Say how much waits in this host's spool, where that is news; raises what the database raises."""
    global _told  # noqa: PLW0603 - one pair per process; a lost race tells twice
    spool = local_spool()
    if spool is None:
        return
    try:
        pending, oldest = spool.pending(), spool.oldest()
    except SpoolError:
        return
    when, before = _told
    if pending == before and time.monotonic() - when < AGAIN:
        return
    _told = (time.monotonic(), pending)
    data = {"pending": pending, "oldest": oldest.isoformat() if oldest else None}
    host = socket.gethostname()[:128]
    seen = {"at": timezone.now(), "host": host, "data": data}
    name = f"{PREFIX}{host}"[:64]
    beats = Heartbeat.objects.using(get_config().database)
    if not beats.filter(name=name).update(**seen):
        beats.bulk_create([Heartbeat(name=name, **seen)], ignore_conflicts=True)


def spools_of_hosts(alias: str, now: datetime) -> dict[str, HostSpool]:
    """Return what the other hosts have said within the last day, by their names."""
    beats = Heartbeat.objects.using(alias).filter(name__startswith=PREFIX, at__gt=now - GONE)
    others = beats.exclude(host=socket.gethostname()[:128])
    return {beat.host: _spool_of(beat, now) for beat in others.order_by("host")}


def _spool_of(beat: Heartbeat, now: datetime) -> HostSpool:
    oldest = beat.data.get("oldest")
    waited = datetime.now(UTC) - datetime.fromisoformat(oldest) if oldest else timedelta()
    return HostSpool(
        pending=beat.data.get("pending", 0),
        oldest_seconds=max(0.0, waited.total_seconds()),
        told_seconds=max(0.0, (now - beat.at).total_seconds()),
    )
