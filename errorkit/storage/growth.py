"""Add a batch to the counts of many incidents, in one call to the driver."""

import functools
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import F
from django.db.models.sql.subqueries import UpdateQuery
from django.utils import timezone

from errorkit.exceptions import ErrorkitError
from errorkit.models import Incident
from errorkit.storage.batches import Group

COUNTERS = ("times_seen", "times_light")
# Written whole: while a batch is digested, nobody else writes them.
FACTS = ("first_seen", "first_release", "last_seen", "last_release", "last_full_id")


class MovedError(ErrorkitError):
    """Somebody else changed what the batch was based on; it is rolled back and tried again."""


def newest_facts(incident: Incident, group: Group) -> dict[str, Any]:
    """Return the facts of the incident, the group included."""
    first, last = group.first, group.last
    older, newer = first.occurred_at < incident.first_seen, last.occurred_at >= incident.last_seen
    full = [incident.last_full_id, *(row.id for row in group.full)]
    return {
        "first_seen": first.occurred_at if older else incident.first_seen,
        "first_release": first.release if older else incident.first_release,
        "last_seen": last.occurred_at if newer else incident.last_seen,
        "last_release": last.release if newer else incident.last_release,
        "last_full_id": max((key for key in full if key is not None), default=None),
    }


def add_to_incidents(parts: Sequence[tuple[Incident, Group]], alias: str) -> None:
    """Add each group to the row of its incident; raises MovedError if one of them is gone."""
    if not parts:
        return
    connection = connections[alias]
    fields = [Incident._meta.get_field(name) for name in FACTS]
    rows = []
    for incident, group in parts:
        facts = newest_facts(incident, group)
        values = [
            field.get_db_prep_save(facts[field.name], connection=connection)  # type: ignore[union-attr]
            for field in fields
        ]
        rows.append((group.times, group.light, *values, incident.pk))
    with connection.cursor() as cursor:
        cursor.executemany(_statement(alias, connection.vendor), rows)
        if cursor.rowcount != len(rows):
            raise MovedError("an incident is gone")


@functools.cache
def _statement(alias: str, vendor: str) -> str:
    """Let the ORM write the UPDATE once: a storm of many incidents would spend most of its time on compiling it."""
    now = timezone.now()
    samples = dict(zip(FACTS, (now, "", now, "", UUID(int=0)), strict=True))
    query = Incident.objects.using(alias).filter(pk=0).query.chain(UpdateQuery)
    query.add_update_values(  # type: ignore[attr-defined]
        {name: F(name) + 1 for name in COUNTERS} | samples
    )
    sql, _ = query.get_compiler(using=alias).as_sql()
    return str(sql)
