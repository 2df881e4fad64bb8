"""Delete an incident by hand, with all that belongs to it. That it was there, and who deleted it, stays."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from errorkit.conf import get_config
from errorkit.incidents.triage import Actor
from errorkit.models import Activity, Incident, Occurrence

BATCH = 1_000


def remove(incident_ids: Iterable[int], *, actor: Actor) -> int:
    """Delete the incidents; whatever comes later opens new ones. Return how many were deleted."""
    return sum(_remove(pk, actor) for pk in incident_ids)


def _remove(pk: int, actor: Actor) -> bool:
    alias = get_config().database
    incident = Incident.objects.using(alias).filter(pk=pk).first()
    if incident is None:
        return False
    # From here on nothing leads to it any more, so that it cannot grow while it goes.
    incident.fingerprints.all().delete()
    _remove_occurrences(pk, alias)
    with transaction.atomic(using=alias):
        if not Incident.objects.using(alias).filter(pk=pk).delete()[0]:
            return False
        Activity.objects.using(alias).create(
            incident=None,
            kind=Activity.Kind.DELETED,
            at=timezone.now(),
            actor_id=actor.user_id,
            actor_label=actor.label,
            text=incident.title,
            data=_remembered(incident),
        )
    return True


def _remove_occurrences(incident_id: int, alias: str) -> None:
    """Delete in batches: an incident may have a million occurrences, and a capture must not wait for them."""
    rows = Occurrence.objects.using(alias)
    mine = rows.of_incident(incident_id).values_list("id", flat=True)
    while keys := list(mine[:BATCH]):
        rows.filter(pk__in=keys).delete()


def _remembered(incident: Incident) -> dict[str, object]:
    return {
        "incident": incident.pk,
        "environment": incident.environment,
        "times_seen": incident.times_seen,
        "first_seen": incident.first_seen.isoformat(),
        "last_seen": incident.last_seen.isoformat(),
    }
