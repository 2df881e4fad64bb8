"""Move occurrences from one incident to another, counts included. Everything here runs inside a transaction that keeps the digest out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from errorkit.incidents.belongings import newest_full
from errorkit.incidents.history import add_hours
from errorkit.incidents.wording import read_words
from errorkit.models import Activity, AffectedUser, Feedback, Fingerprint, Incident, Occurrence
from errorkit.storage.leads import lead
from errorkit.storage.people import person_of

BATCH = 500
# What people have decided about the incident holds for both parts.
KEPT = (
    "kind",
    "level",
    "environment",
    "status",
    "status_code",
    "snoozed_until",
    "acknowledged_at",
    "resolved_at",
    "owner_id",
    "owner_label",
    "first_release",
    "last_release",
)


def move(
    keys: Sequence[UUID], source: Incident, *, into: int | None, fingerprint: str, actor: str
) -> None:
    """Move full occurrences of an incident to another one, or to a new one, which the fingerprint then leads to.

    What has gone meanwhile is left out. Both incidents get an activity that says how many moved.
    """
    alias = str(source._state.db)
    rows = list(_rows(keys, source, alias))
    if not rows:
        return
    now = timezone.now()
    target = _target(into, source, rows, alias)
    lead([fingerprint], target, alias, now)
    for start in range(0, len(rows), BATCH):
        some = [row.pk for row in rows[start : start + BATCH]]
        Occurrence.objects.using(alias).filter(pk__in=some).update(
            incident=target, fingerprint=fingerprint
        )
        Feedback.objects.using(alias).filter(occurrence_id__in=some).update(incident=target)
    _count(source, target, rows, alias)
    _know_people(target, fingerprint, rows, alias)
    read_words(Incident.objects.using(alias).filter(pk__in=[source.pk, target.pk]), alias, now)
    _write(source, actor, text=target.title, data={"to": target.pk, "moved": len(rows)})
    _write(target, actor, text=source.title, data={"from": source.pk, "moved": len(rows)})


def _rows(keys: Sequence[UUID], source: Incident, alias: str) -> Iterator[Occurrence]:
    found = Occurrence.objects.using(alias).filter(incident=source, full=True).defer("payload")
    for start in range(0, len(keys), BATCH):
        yield from found.filter(pk__in=keys[start : start + BATCH]).order_by("id")


def _target(into: int | None, source: Incident, rows: Sequence[Occurrence], alias: str) -> Incident:
    if into is not None:
        return Incident.objects.using(alias).get(pk=into)
    told = rows[-1]
    return Incident.objects.using(alias).create(
        title=told.title,
        location=told.location,
        first_seen=rows[0].occurred_at,
        last_seen=told.occurred_at,
        **{name: getattr(source, name) for name in KEPT},
    )


def _count(source: Incident, target: Incident, rows: Sequence[Occurrence], alias: str) -> None:
    hours = Counter(_hour(row.occurred_at) for row in rows)
    add_hours(target, dict(hours), alias)
    add_hours(source, {hour: -count for hour, count in hours.items()}, alias)
    incidents = Incident.objects.using(alias)
    incidents.filter(pk=source.pk).update(
        times_seen=F("times_seen") - len(rows), last_full_id=newest_full(source, alias)
    )
    incidents.filter(pk=target.pk).update(
        times_seen=F("times_seen") + len(rows),
        last_full_id=newest_full(target, alias),
        first_seen=min(target.first_seen, rows[0].occurred_at),
        last_seen=max(target.last_seen, rows[-1].occurred_at),
    )


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _know_people(
    target: Incident, fingerprint: str, rows: Iterable[Occurrence], alias: str
) -> None:
    """Count whom the moved ones had met; who else the rest has met cannot be told any more."""
    people = {person_of(row.user_id) for row in rows if row.user_id}
    known = AffectedUser.objects.using(alias).filter(fingerprint__incident=target)
    new = people - set(known.filter(person__in=people).values_list("person", flat=True))
    [found] = Fingerprint.objects.using(alias).filter(
        value=fingerprint, environment=target.environment
    )
    AffectedUser.objects.using(alias).bulk_create(
        AffectedUser(fingerprint=found, person=person) for person in sorted(new)
    )
    Incident.objects.using(alias).filter(pk=target.pk).update(
        users_affected=F("users_affected") + len(new)
    )


def _write(incident: Incident, actor: str, *, text: str, data: dict[str, Any]) -> None:
    Activity.objects.using(str(incident._state.db)).create(
        incident=incident,
        kind=Activity.Kind.REGROUPED,
        at=timezone.now(),
        actor_label=actor,
        text=text,
        data=data,
    )
