"""Who looks after an incident, and until when it may rest."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from errorkit.conf import get_config
from errorkit.incidents.triage import AWAKE, ITSELF, Actor
from errorkit.models import Activity, Incident
from errorkit.oncall.surges import usual_rates

NOBODY = ITSELF
UNRESOLVED = Q(status__in=[Incident.Status.OPEN, Incident.Status.ACKNOWLEDGED])

# A snooze that waits for something to happen ends after this at the latest.
LONGEST_SNOOZE = timedelta(days=30)


def assign(incident_ids: Iterable[int], *, owner: Actor = NOBODY, actor: Actor) -> int:
    """Give the incidents to somebody, or to nobody. Return how many changed hands."""
    return _change_all(
        incident_ids,
        allowed=~Q(owner_id=owner.user_id),
        values={"owner_id": owner.user_id, "owner_label": owner.label},
        activity=Activity(kind=Activity.Kind.ASSIGNED, text=owner.label, **_done_by(actor)),
    )


def snooze(incident_ids: Iterable[int], *, until: datetime, actor: Actor) -> int:
    """Alert nobody about the incidents until then. Return how many changed; resolved and ignored ones do not."""
    return _snooze_all(incident_ids, {"snoozed_until": until}, actor)


def snooze_for_more(incident_ids: Iterable[int], *, more: int, actor: Actor) -> int:
    """Alert nobody until the incidents have been seen so many more times, 30 days at the longest. Return how many changed."""
    incidents = Incident.objects.using(get_config().database).filter(pk__in=list(incident_ids))
    until = timezone.now() + LONGEST_SNOOZE
    return sum(
        _snooze_all([pk], {"snoozed_until": until, "snoozed_count": seen + more}, actor)
        for pk, seen in incidents.values_list("pk", "times_seen")
    )


def snooze_while_usual(incident_ids: Iterable[int], *, actor: Actor) -> int:
    """Alert nobody until an hour has more than any of the last seven days, 30 days at the longest. Return how many changed."""
    now, ids = timezone.now(), list(incident_ids)
    rates = usual_rates(ids, now)
    until = now + LONGEST_SNOOZE
    return sum(
        _snooze_all([pk], {"snoozed_until": until, "snoozed_rate": rates[pk]}, actor) for pk in ids
    )


def wake(incident_ids: Iterable[int], *, actor: Actor) -> int:
    """Take a snooze back. Return how many changed."""
    return _change_all(
        incident_ids,
        allowed=Q(snoozed_until__isnull=False),
        values=AWAKE,
        activity=Activity(kind=Activity.Kind.WOKE, **_done_by(actor)),
    )


def _snooze_all(incident_ids: Iterable[int], values: dict[str, Any], actor: Actor) -> int:
    told = {
        "until": values["snoozed_until"].isoformat(),
        "count": values.get("snoozed_count"),
        "rate": values.get("snoozed_rate"),
    }
    activity = Activity(kind=Activity.Kind.SNOOZED, data=told, **_done_by(actor))
    return _change_all(
        incident_ids, allowed=UNRESOLVED, values={**AWAKE, **values}, activity=activity
    )


def _done_by(actor: Actor) -> dict[str, str]:
    return {"actor_id": actor.user_id, "actor_label": actor.label}


def _change_all(
    incident_ids: Iterable[int], *, allowed: Q, values: dict[str, Any], activity: Activity
) -> int:
    """Change each that is allowed, with an activity of its own."""
    return sum(_change(pk, allowed, values, activity) for pk in incident_ids)


def _change(pk: int, allowed: Q, values: dict[str, Any], activity: Activity) -> bool:
    alias = get_config().database
    with transaction.atomic(using=alias):
        incidents = Incident.objects.using(alias).filter(allowed, pk=pk)
        if incidents.update(**values) == 0:
            return False
        activity.pk = None
        activity.incident_id = pk
        activity.at = timezone.now()
        activity.save(using=alias, force_insert=True)
    return True
