"""Make one incident of several, so that future occurrences follow, and take it back.

The merged incident stays as an ignored row with its deliveries and activities; its fingerprints, occurrences, feedback and counts move. What moved is
written into its activity, so that a split gives back exactly that, and nothing that came later.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from errorkit.conf import get_config
from errorkit.incidents.history import add_hours
from errorkit.incidents.triage import AWAKE, Actor
from errorkit.models import (
    Activity,
    AffectedUser,
    Feedback,
    Fingerprint,
    Heartbeat,
    Incident,
    Occurrence,
)
from errorkit.oncall.follow_ups import owe_follow_ups
from errorkit.oncall.upkeep import go_on


def merge(incident_ids: Iterable[int], *, into: int, actor: Actor) -> int:
    """Move all that the incidents have into another one of the same environment. Return how many were merged."""
    return sum(_merge(pk, into, actor) for pk in incident_ids if pk != into)


def split(incident_id: int, *, actor: Actor) -> bool:
    """Take the merge of an incident back; False if it is not merged, or if its other half is gone or is itself merged by now."""
    alias = get_config().database
    with transaction.atomic(using=alias):
        keep_digest_out(alias)
        source = Incident.objects.using(alias).filter(pk=incident_id).first()
        merged = newest_merge(source) if source else None
        if source is None or merged is None:
            return False
        target = Incident.objects.using(alias).filter(pk=merged.data["into"]).first()
        # What the other half had has gone on to a third one: that merge has to be taken back first.
        if target is None or newest_merge(target):
            return False
        _move_back(source, target, merged, alias)
        _write(source, Activity.Kind.SPLIT, actor, text=target.title, data={"from": target.pk})
        _write(target, Activity.Kind.SPLIT, actor, text=source.title, data={"other": source.pk})
    return True


def newest_merge(incident: Incident) -> Activity | None:
    """Return the activity that says where the incident went, None if it is nobody's part."""
    merged, _parts = merges_of(incident)
    return merged


def merges_of(incident: Incident) -> tuple[Activity | None, list[Activity]]:
    """Return the activity that says where the incident went, if it is a part of another one, and those of the parts that it has; one query."""
    ways = incident.activities.filter(kind__in=[Activity.Kind.MERGED, Activity.Kind.SPLIT])
    own: Activity | None = None
    theirs: dict[int, Activity] = {}
    for each in ways.order_by("-id"):
        if "other" in each.data:
            theirs.setdefault(each.data["other"], each)
        elif own is None:
            own = each
    parts = [each for each in theirs.values() if each.kind == Activity.Kind.MERGED]
    return own if own is not None and "into" in own.data else None, parts


def _merge(source_id: int, target_id: int, actor: Actor) -> bool:
    alias = get_config().database
    with transaction.atomic(using=alias):
        keep_digest_out(alias)
        found = Incident.objects.using(alias).in_bulk([source_id, target_id])
        source, target = found.get(source_id), found.get(target_id)
        if source is None or target is None or source.environment != target.environment:
            return False
        if newest_merge(source) or newest_merge(target):
            return False
        data = _move(source, target, alias)
        _write(source, Activity.Kind.MERGED, actor, text=target.title, data=data)
        _write(target, Activity.Kind.MERGED, actor, text=source.title, data={"other": source.pk})
        owe_follow_ups(source, Activity.Kind.IGNORED, timezone.now())
    return True


def keep_digest_out(alias: str) -> None:
    """Let no batch be digested until the end of the transaction."""
    # The digest counts to the incident that it has read from the fingerprint; so it must not run while fingerprints move.
    turn = Heartbeat.objects.using(alias).filter(name="digest")
    if not turn.update(name="digest"):
        Heartbeat.objects.using(alias).get_or_create(name="digest")


def _move(source: Incident, target: Incident, alias: str) -> dict[str, Any]:
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


def _move_back(source: Incident, target: Incident, merged: Activity, alias: str) -> None:
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


def _give(source: Incident, data: dict[str, Any], alias: str) -> None:
    Incident.objects.using(alias).filter(pk=source.pk).update(
        status=data["status"],
        times_seen=data["times_seen"],
        times_light=data["times_light"],
        last_full_id=newest_full(source, alias),
    )


def newest_full(incident: Incident, alias: str) -> UUID | None:
    """Return the newest occurrence that was kept in full."""
    rows = Occurrence.objects.using(alias).of_incident(incident.pk).filter(full=True)
    return rows.values_list("pk", flat=True).first()


def _write(
    incident: Incident, kind: Activity.Kind, actor: Actor, *, text: str, data: dict[str, Any]
) -> None:
    Activity.objects.using(get_config().database).create(
        incident=incident,
        kind=kind,
        at=timezone.now(),
        actor_id=actor.user_id,
        actor_label=actor.label,
        text=text,
        data=data,
    )


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None
