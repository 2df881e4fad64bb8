"""People change an incident: each change is one transaction, one activity row and one signal after commit."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.dispatch import Signal
from django.utils import timezone

from errorkit import signals
from errorkit.conf import get_config
from errorkit.incidents.regress import newest_release
from errorkit.models import Activity, Incident
from errorkit.oncall.follow_ups import owe_follow_ups

Status = Incident.Status
Resolution = Incident.Resolution
AWAKE = {"snoozed_until": None, "snoozed_count": None, "snoozed_rate": None}
UNRESOLVED = {"resolved_at": None, "resolution": Resolution.NOW, "resolved_release": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did it: the user's primary key as text, and what the user was called at that time."""

    user_id: str
    label: str

    @classmethod
    def of(cls, user: Any) -> "Actor":
        """Return the actor that a user of the host is; any user model will do."""
        return cls(user_id=str(user.pk or "")[:64], label=str(user)[:150])


ITSELF = Actor(user_id="", label="")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verb:
    """From which statuses a person may go where, and what is written down."""

    sources: tuple[Status, ...]
    target: Status
    kind: Activity.Kind
    signal: Signal
    also: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    stamp: str = ""


_ACKNOWLEDGE = _Verb(
    sources=(Status.OPEN,),
    target=Status.ACKNOWLEDGED,
    kind=Activity.Kind.ACKNOWLEDGED,
    signal=signals.incident_acknowledged,
    stamp="acknowledged_at",
)
_RESOLVE = _Verb(
    sources=(Status.OPEN, Status.ACKNOWLEDGED, Status.IGNORED),
    target=Status.RESOLVED,
    kind=Activity.Kind.RESOLVED,
    signal=signals.incident_resolved,
    also={**AWAKE, **UNRESOLVED},
    stamp="resolved_at",
)
_IGNORE = _Verb(
    sources=(Status.OPEN, Status.ACKNOWLEDGED, Status.RESOLVED),
    target=Status.IGNORED,
    kind=Activity.Kind.IGNORED,
    signal=signals.incident_ignored,
    also={**AWAKE, **UNRESOLVED},
)
_REOPEN = _Verb(
    sources=(Status.RESOLVED, Status.IGNORED),
    target=Status.OPEN,
    kind=Activity.Kind.REOPENED,
    signal=signals.incident_reopened,
    also={
        **AWAKE,
        **UNRESOLVED,
        "acknowledged_at": None,
        "generation": F("generation") + 1,
    },
)

# The opening goes on: whoever was on it has let it go, and its alert starts over.
_LET_GO = _Verb(
    sources=(Status.ACKNOWLEDGED,),
    target=Status.OPEN,
    kind=Activity.Kind.REOPENED,
    signal=signals.incident_reopened,
    also={"acknowledged_at": None},
)


def acknowledge(
    incident_ids: Iterable[int], *, actor: Actor, text: str = "", generation: int | None = None
) -> int:
    """Say that somebody is on it; open incidents only. Return how many changed.

    `generation`: only if the incident has not been opened again since.
    """
    only = {} if generation is None else {"generation": generation}
    return _change_all(_ACKNOWLEDGE, incident_ids, actor, text, **only)


def resolve(
    incident_ids: Iterable[int],
    *,
    actor: Actor,
    text: str = "",
    release: str = "",
    unseen_since: datetime | None = None,
) -> int:
    """Call the incidents mended; the next occurrence opens them again. Return how many changed.

    `release`: mended in that release, so that failures of older ones do not count (see `regress`). `unseen_since`: only what has not been seen since then.
    """
    verb = _resolve_in(Resolution.RELEASE, release) if release else _RESOLVE
    only = {} if unseen_since is None else {"last_seen__lte": unseen_since}
    return _change_all(verb, incident_ids, actor, text, **only)


def resolve_in_next_release(incident_ids: Iterable[int], *, actor: Actor, text: str = "") -> int:
    """Call the incidents mended in whatever is newer than what is in operation now. Return how many changed."""
    incidents = Incident.objects.using(get_config().database).filter(pk__in=list(incident_ids))
    return sum(
        _change(_resolve_in(Resolution.NEXT, newest_release(each)), each.pk, actor, text)
        for each in incidents
    )


def _resolve_in(resolution: Resolution, release: str) -> _Verb:
    how = {"resolution": resolution, "resolved_release": release[:128]}
    return replace(_RESOLVE, also={**_RESOLVE.also, **how}, data=how)


def ignore(incident_ids: Iterable[int], *, actor: Actor, text: str = "") -> int:
    """Go on counting the incidents and never tell anybody. Return how many changed."""
    return _change_all(_IGNORE, incident_ids, actor, text)


def reopen(incident_ids: Iterable[int], *, actor: Actor, text: str = "") -> int:
    """Take back that the incidents are acknowledged, resolved or ignored. Return how many changed."""
    ids = list(incident_ids)
    let_go = _change_all(_LET_GO, ids, actor, text)
    return let_go + _change_all(_REOPEN, ids, actor, text)


def _change_all(
    verb: _Verb, incident_ids: Iterable[int], actor: Actor, text: str, **only: Any
) -> int:
    # One short transaction each: a long one over many incidents would make the digest wait, or deadlock with it.
    return sum(_change(verb, pk, actor, text, **only) for pk in incident_ids)


def _change(verb: _Verb, pk: int, actor: Actor, text: str, **only: Any) -> bool:
    """Change one incident if its status still allows it; return whether it did."""
    alias = get_config().database
    now = timezone.now()
    values = {"status": verb.target, **verb.also}
    if verb.stamp:
        values[verb.stamp] = now
    with transaction.atomic(using=alias):
        allowed = Incident.objects.using(alias).filter(pk=pk, status__in=verb.sources, **only)
        if allowed.update(**values) == 0:
            return False
        Activity.objects.using(alias).create(
            incident_id=pk,
            kind=verb.kind,
            at=now,
            actor_id=actor.user_id,
            actor_label=actor.label,
            text=text,
            data=verb.data,
        )
        incident = Incident.objects.using(alias).get(pk=pk)
        owe_follow_ups(incident, verb.kind, now)
        announce = partial(verb.signal.send_robust, Incident, incident=incident, occurrence_id=None)
        transaction.on_commit(announce, using=alias)
    return True
