"""Make one incident of several, so that future occurrences follow, and take it back.

The merged incident stays as an ignored row with its deliveries and activities; its fingerprints, occurrences, feedback and counts move. What moved is
written into its activity, so that a split gives back exactly that, and nothing that came later.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from errorkit.conf import get_config
from errorkit.incidents.belongings import move_all, move_back
from errorkit.incidents.triage import Actor
from errorkit.models import Activity, Heartbeat, Incident
from errorkit.oncall.follow_ups import owe_follow_ups


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
        move_back(source, target, merged, alias)
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
        data = move_all(source, target, alias)
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
