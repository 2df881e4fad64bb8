"""What belongs to an incident, moved to the one that it is merged into, and back."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from errorkit.incidents.history import add_hours
from errorkit.incidents.triage import AWAKE
from errorkit.models import Activity, AffectedUser, Feedback, Fingerprint, Incident, Occurrence
from errorkit.oncall.upkeep import go_on


def move_all(source: Incident, target: Incident, alias: str) -> dict[str, Any]:
    """Move everything; return what is needed to move it back."""
    fingerprints = Fingerprint.objects.using(alias).filter(incident=source)
    hours = dict(source.hourly_counts.values_list("hour", "count"))
    rows = Occurrence.objects.using(alias).of_incident(source.pk)
    newest = rows.values_list("pk", flat=True).first()
    data = {
        "into": target.pk,
        "fingerprints": sorted(fingerprints.values_list("value", flat=True)),
        "newest": str(newest) if newest else None,
        "hours": {hour.isoformat(): count for hour, count in hours.items()},
        "status": source.status,
        "times_seen": source.times_seen,
        "times_light": source.times_light,
        "last_full_id": str(source.last_full_id) if source.last_full_id else None,
        "first_seen": target.first_seen.isoformat(),
    }
    fingerprints.update(incident=target)
    Occurrence.objects.using(alias).filter(incident=source).update(incident=target)
    source.hourly_counts.all().delete()
    add_hours(target, hours, alias)
    _grow(target, data, first=source.first_seen, last=source.last_seen, alias=alias)
    Feedback.objects.using(alias).filter(incident=source).update(incident=target)
    Incident.objects.using(alias).filter(pk=source.pk).update(
        status=Incident.Status.IGNORED, times_seen=0, times_light=0, last_full_id=None, **AWAKE
    )
    _count_people([source, target], alias)
    return data


def _grow(
    target: Incident, data: dict[str, Any], *, first: datetime, last: datetime, alias: str
) -> None:
    newest = max(filter(None, [target.last_full_id, _uuid(data["last_full_id"])]), default=None)
    Incident.objects.using(alias).filter(pk=target.pk).update(
        times_seen=F("times_seen") + data["times_seen"],
        times_light=F("times_light") + data["times_light"],
        first_seen=min(target.first_seen, first),
        last_seen=max(target.last_seen, last),
        last_full_id=newest,
    )


def move_back(source: Incident, target: Incident, merged: Activity, alias: str) -> None:
    """Give the source back what `merged` says that the target got from it, and nothing that came later."""
    data = merged.data
    Fingerprint.objects.using(alias).filter(
        incident=target, value__in=data["fingerprints"], environment=source.environment
    ).update(incident=source)
    if data["newest"]:
        Occurrence.objects.using(alias).filter(
            incident=target, fingerprint__in=data["fingerprints"], pk__lte=UUID(data["newest"])
        ).update(incident=source)
    hours = {datetime.fromisoformat(hour): count for hour, count in data["hours"].items()}
    add_hours(source, hours, alias)
    add_hours(target, {hour: -count for hour, count in hours.items()}, alias)
    theirs = source.occurrences.values("pk")
    Feedback.objects.using(alias).filter(incident=target, occurrence_id__in=theirs).update(
        incident=source
    )
    _give(source, data, alias)
    go_on(source, timezone.now())
    Incident.objects.using(alias).filter(pk=target.pk).update(
        # Regrouping may have taken some of them away meanwhile; a count never falls below zero.
        times_seen=max(target.times_seen - data["times_seen"], 0),
        times_light=max(target.times_light - data["times_light"], 0),
        first_seen=datetime.fromisoformat(data["first_seen"]),
        last_seen=_last_seen(target, alias),
        last_full_id=newest_full(target, alias),
    )
    _count_people([source, target], alias)


def _give(source: Incident, data: dict[str, Any], alias: str) -> None:
    Incident.objects.using(alias).filter(pk=source.pk).update(
        status=data["status"],
        times_seen=data["times_seen"],
        times_light=data["times_light"],
        last_full_id=newest_full(source, alias),
    )


def _last_seen(incident: Incident, alias: str) -> datetime:
    """Return when the newest occurrence that is kept happened."""
    rows = Occurrence.objects.using(alias).of_incident(incident.pk)
    return rows.values_list("occurred_at", flat=True).first() or incident.last_seen


def _count_people(incidents: Iterable[Incident], alias: str) -> None:
    """Count anew whom each has met: people belong to the fingerprints, which have moved."""
    for incident in incidents:
        met = AffectedUser.objects.using(alias).filter(fingerprint__incident=incident)
        number = met.values("person").distinct().count()
        Incident.objects.using(alias).filter(pk=incident.pk).update(users_affected=number)


def newest_full(incident: Incident, alias: str) -> UUID | None:
    """Return the newest occurrence that was kept in full."""
    rows = Occurrence.objects.using(alias).of_incident(incident.pk).filter(full=True)
    return rows.values_list("pk", flat=True).first()


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None
