"""Look at the database, for as long as it answers."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from errorkit.health.liveness import work_waits
from errorkit.models import ChannelState, Delivery, Heartbeat, Incident, Occurrence, Schedule
from errorkit.storage.hosts import HostSpool, spools_of_hosts

RECENT = timedelta(days=1)
MOST = 10_000  # counts stop here
MOST_GAPS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """What the database tells. `waiting`: there is work for a sweep. Ages are in seconds, None where something has never happened."""

    written_seconds: float | None = None
    undigested_seconds: float = 0.0
    outbox_due: int = 0
    outbox_seconds: float = 0.0
    dead: int = 0
    # In the last 24 hours.
    expired: int = 0
    sweep_seconds: float | None = None
    digest_seconds: float | None = None
    waiting: bool = False
    # How often in a row a channel has failed; why another one rests.
    failing: dict[str, int] = field(default_factory=dict)
    parked: dict[str, str] = field(default_factory=dict)
    # In how many seconds a schedule has nobody, by its name; 0 where that is so now.
    gaps: dict[str, float] = field(default_factory=dict)
    # What waits in the spools of the other hosts, as they said last.
    spools: dict[str, HostSpool] = field(default_factory=dict)
    seen: int = 0
    light: int = 0
    unresolved: int = 0


def look_at_database(alias: str, *, totals: bool) -> DatabaseFacts:
    """Return the facts, with what was ever seen where the `totals` are wanted; raises what the database raises."""
    now = timezone.now()
    first = Occurrence.objects.using(alias).undigested().values_list("recorded_at", flat=True)
    beats = dict(Heartbeat.objects.using(alias).values_list("name", "at"))
    channels = ChannelState.objects.using(alias)
    failing = channels.filter(consecutive_failures__gt=0)
    parked = channels.filter(parked_until__gt=now)
    written = Occurrence.objects.using(alias).order_by("-id").values_list("recorded_at", flat=True)
    return DatabaseFacts(
        written_seconds=age_of(written.first()),
        waiting=work_waits(alias, now),
        failing=dict(failing.values_list("alias", "consecutive_failures")),
        spools=spools_of_hosts(alias, now),
        undigested_seconds=age_of(first.first()) or 0.0,
        sweep_seconds=age_of(beats.get("sweep")),
        digest_seconds=age_of(beats.get("digest")),
        parked=dict(parked.values_list("alias", "last_error")),
        gaps=_gaps(alias, now),
        unresolved=Incident.objects.using(alias).unresolved()[:MOST].count(),
        **_outbox(alias, now),
        **(_totals(alias) if totals else {}),
    )


def _outbox(alias: str, now: datetime) -> dict[str, Any]:
    deliveries = Delivery.objects.using(alias)
    due = deliveries.due(now)
    oldest = due.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
    given_up = deliveries.filter(finished_at__gt=now - RECENT)
    return {
        "outbox_due": due[:MOST].count(),
        "outbox_seconds": age_of(oldest) or 0.0,
        "dead": deliveries.filter(status=Delivery.Status.DEAD)[:MOST].count(),
        "expired": given_up.filter(status=Delivery.Status.EXPIRED)[:MOST].count(),
    }


def _totals(alias: str) -> dict[str, Any]:
    incidents = Incident.objects.using(alias)
    totals = incidents.aggregate(seen=Sum("times_seen"), light=Sum("times_light"))
    return {
        "seen": totals["seen"] or 0,
        "light": totals["light"] or 0,
    }


def _gaps(alias: str, now: datetime) -> dict[str, float]:
    """Return what the sweep has found: looking at many rotas would take too long here."""
    found = Schedule.objects.using(alias).filter(next_gap_at__isnull=False).order_by("next_gap_at")
    return {
        schedule.name: max(0.0, (schedule.next_gap_at - now).total_seconds())
        for schedule in found[:MOST_GAPS]
        if schedule.next_gap_at
    }


def age_of(moment: datetime | None) -> float | None:
    """Return how long ago that was; what the database holds is naive without time zones, and so is `now` then."""
    if moment is None:
        return None
    now = timezone.now()
    if timezone.is_naive(now) and timezone.is_aware(moment):
        moment = timezone.make_naive(moment)
    return max(0.0, (now - moment).total_seconds())
