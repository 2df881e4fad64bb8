"""What a batch does to the incidents it belongs to. Everything here runs inside the digest's transaction and under its lock."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connections
from django.db.models import F, OuterRef, Subquery

from errorkit.incidents.regress import transition_of
from errorkit.incidents.triage import UNRESOLVED
from errorkit.models import Activity, Fingerprint, HourlyCount, Incident, Occurrence
from errorkit.models.transitions import Change, Transition
from errorkit.storage.batches import Group, Key, join
from errorkit.storage.growth import MovedError, add_to_incidents, newest_facts
from errorkit.storage.inserts import insert_rows


class Counted(NamedTuple):
    """What a batch did to one incident, and the rows that did it."""

    change: Change
    group: Group


def open_incidents(groups: Mapping[Key, Group], alias: str, now: datetime) -> list[Counted]:
    """Create an incident and its fingerprint for each group, counts included."""
    incidents = [_incident_of(group) for group in groups.values()]
    _create_with_ids(incidents, alias)
    Fingerprint.objects.using(alias).bulk_create(
        Fingerprint(
            value=key.fingerprint, environment=key.environment, incident=incident, created_at=now
        )
        for key, incident in zip(groups, incidents, strict=True)
    )
    return [
        _counted(incident, Transition.OPENED, group)
        for incident, group in zip(incidents, groups.values(), strict=True)
    ]


def _incident_of(group: Group) -> Incident:
    told, first, last = group.telling, group.first, group.last
    full = group.full
    return Incident(
        title=told.title,
        location=told.location,
        kind=told.kind,
        level=told.level,
        environment=told.environment,
        status_code=told.status,
        family=told.family,
        times_seen=group.times,
        times_light=group.light,
        first_seen=first.occurred_at,
        last_seen=last.occurred_at,
        first_release=first.release,
        last_release=last.release,
        last_full_id=full[-1].id if full else None,
    )


def _create_with_ids(incidents: Sequence[Incident], alias: str) -> None:
    if connections[alias].features.can_return_rows_from_bulk_insert:
        Incident.objects.using(alias).bulk_create(incidents)
        return
    # MySQL tells no ids of rows that were inserted together.
    for incident in incidents:
        incident.save(using=alias, force_insert=True)


def count_known(
    known: Mapping[Key, Incident], groups: Mapping[Key, Group], alias: str
) -> list[Counted]:
    """Add the groups to incidents that exist; several fingerprints may lead to one."""
    parts: defaultdict[int, list[Group]] = defaultdict(list)
    incidents: dict[int, Incident] = {}
    for key, incident in known.items():
        parts[incident.pk].append(groups[key])
        incidents[incident.pk] = incident
    together = [(incidents[pk], join(found)) for pk, found in parts.items()]
    add_to_incidents(together, alias)
    return [
        _counted(incident, _meet(incident, group, alias), group) for incident, group in together
    ]


def _meet(incident: Incident, group: Group, alias: str) -> Transition:
    """Bring the incident in memory up to date with its row, and open it again if that is due."""
    for name, value in newest_facts(incident, group).items():
        setattr(incident, name, value)
    incident.times_seen += group.times
    incident.times_light += group.light
    transition = transition_of(incident, group.newest_by_release())
    if transition is Transition.REGRESSED and not _reopen(incident, alias):
        return Transition.REPEATED
    return transition


def _reopen(incident: Incident, alias: str) -> bool:
    """Open a resolved incident again; False if somebody has just decided something else about it."""
    news = {"status": Incident.Status.OPEN, "acknowledged_at": None, **UNRESOLVED}
    resolved = Incident.objects.using(alias).filter(pk=incident.pk, status=incident.status)
    if resolved.update(**news, generation=F("generation") + 1) != 1:
        return False
    for name, value in news.items():
        setattr(incident, name, value)
    incident.generation += 1
    return True


def _counted(incident: Incident, transition: Transition, group: Group) -> Counted:
    change = Change(incident=incident, transition=transition, full=group.full, light=group.light)
    return Counted(change, group)


def mark_digested(rows: Sequence[Occurrence], counted: Sequence[Counted], alias: str) -> None:
    """Lead each stored row to its incident by its fingerprint; raises MovedError if another digester has been there."""
    incident = Fingerprint.objects.using(alias).filter(
        value=OuterRef("fingerprint"), environment=OuterRef("environment")
    )
    marked = (
        Occurrence.objects.using(alias)
        .filter(id__in=[row.id for row in rows], incident=None)
        .update(incident_id=Subquery(incident.values("incident_id")))
    )
    if marked != len(rows):
        raise MovedError("another digester was here")


def insert_digested(rows: Sequence[Occurrence], counted: Sequence[Counted], alias: str) -> None:
    """Store rows that are new, each at its incident."""
    for change, group in counted:
        for row in group.rows:
            row.incident_id = change.incident.pk
    insert_rows(rows, alias)


def count_hours(counted: Sequence[Counted], alias: str) -> None:
    """Add to the hourly counts; hours that grow by the same amount grow in one statement."""
    hours = {
        (change.incident.pk, hour): times
        for change, group in counted
        for hour, times in group.hours.items()
    }
    counts = HourlyCount.objects.using(alias)
    found = counts.filter(
        incident__in={incident for incident, _ in hours}, hour__in={hour for _, hour in hours}
    )
    known = {(row.incident_id, row.hour): row.pk for row in found}
    counts.bulk_create(
        HourlyCount(incident_id=incident, hour=hour, count=times)
        for (incident, hour), times in hours.items()
        if (incident, hour) not in known
    )
    growth: defaultdict[int, list[int]] = defaultdict(list)
    for key in known.keys() & hours.keys():
        growth[hours[key]].append(known[key])
    for times, pks in growth.items():
        counts.filter(pk__in=pks).update(count=F("count") + times)


ACTIVITY_OF = {
    Transition.OPENED: Activity.Kind.OPENED,
    Transition.REGRESSED: Activity.Kind.REGRESSED,
}


def write_activities(counted: Sequence[Counted], alias: str, now: datetime) -> None:
    """Leave a row for each incident that opened or opened again."""
    Activity.objects.using(alias).bulk_create(
        Activity(
            incident=change.incident,
            kind=ACTIVITY_OF[change.transition],
            at=now,
            occurrence_id=group.telling.id,
        )
        for change, group in counted
        if change.transition in ACTIVITY_OF
    )
