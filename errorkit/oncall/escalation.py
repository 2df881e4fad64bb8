"""The steps of running alerts: those alike in one transaction, taken by one conditional update, so any number of sweeps may run."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connections, transaction
from django.db.models import OuterRef, Subquery

from errorkit.conf import get_config
from errorkit.delivery.outbox import owe
from errorkit.delivery.texts import describe
from errorkit.models import Alert, Delivery, Incident, Silence
from errorkit.models.alert import AlertQuerySet
from errorkit.models.silence import silence_of
from errorkit.models.transitions import ESCALATED
from errorkit.oncall.destinations import Directory
from errorkit.oncall.owing import alert_deliveries
from errorkit.oncall.plans import Plan, Position, Step, after
from errorkit.oncall.storms import Storms

logger = logging.getLogger("errorkit.oncall")

BATCH = 500
# When a step that fails is tried again.
LATER = timedelta(minutes=5)

# An alert and what its step owes.
Planned = tuple[Alert, list[Delivery]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """From which step of which round an alert goes where."""

    step: int
    cycle: int
    following: Position


def escalate(now: datetime) -> int:
    """Run every step that is due, at most 500; return how many deliveries are owed."""
    due = list(_alerts().due(now).select_related("incident").order_by("next_step_at", "pk")[:BATCH])
    if not due:
        return 0
    heard = _not_silenced(due, now)
    directory, planned = Directory(now), []
    directory.look_ahead(step for alert in heard for step in _steps_of(alert))
    for alert in heard:
        deliveries = _deliveries(alert, directory, now)
        if deliveries:
            planned.append((alert, deliveries))
    Storms(now).hold([each for _, mine in planned for each in mine], together=True)
    return sum(_run(move, mine, now) for move, mine in _by_move(planned))


def hurry_first_steps(now: datetime) -> int:
    """End the group wait of all alerts: for a process that will not be there when it is over."""
    waiting = _alerts().running().filter(told_at=None, step=0, next_step_at__gt=now)
    return waiting.update(next_step_at=now)


def _not_silenced(due: Sequence[Alert], now: datetime) -> list[Alert]:
    """Return the alerts that may be heard; the others wait for the end of the silence that is noted on them."""
    silences = list(Silence.objects.using(get_config().database).active(now))
    heard, covered = [], defaultdict(list)
    for alert in due:
        silence = silence_of(alert.incident, alert.path, silences)
        if silence is None:
            heard.append(alert)
        else:
            covered[silence].append(alert.pk)
    for silence, kept_back in covered.items():
        _alerts().filter(pk__in=kept_back).update(silence=silence)
    return heard


def _steps_of(alert: Alert) -> tuple[Step, ...]:
    """Return the step that is due; nothing where the plan cannot be read, which `_deliveries` will tell."""
    try:
        return Plan.from_json(alert.plan).steps[alert.step : alert.step + 1]
    except (TypeError, KeyError):
        return ()


def _deliveries(alert: Alert, directory: Directory, now: datetime) -> list[Delivery]:
    """Return what the alert's step owes; nothing if that fails: then the step is put off, and the other alerts go on."""
    try:
        destinations = directory.destinations(Plan.from_json(alert.plan), alert.step)
        return alert_deliveries(alert, destinations, now, transition=_word_for(alert))
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  one broken alert must not keep the others back
        logger.error("alert %s cannot go on: %s", alert, describe(error))
        _alerts().filter(pk=alert.pk).update(next_step_at=now + LATER)
        return []


def _word_for(alert: Alert) -> str:
    """Return what to say instead of the alert's own transition: those who hear of it later hear why."""
    return ESCALATED if alert.step or alert.repeats else ""


def _by_move(planned: Iterable[Planned]) -> Iterable[tuple[Move, list[Planned]]]:
    found: dict[Move, list[Planned]] = defaultdict(list)
    for alert, deliveries in planned:
        plan = Plan.from_json(alert.plan)
        following = after(plan, step=alert.step, cycle=alert.cycle, repeats=alert.repeats)
        move = Move(step=alert.step, cycle=alert.cycle, following=following)
        found[move].append((alert, deliveries))
    return found.items()


def _run(move: Move, planned: Sequence[Planned], now: datetime) -> int:
    """Move the alerts to their next step and owe this one's deliveries; return how many are owed.

    All in one transaction, or, where somebody else has run some of the steps or acted, in halves: what is left of each goes alone.
    """
    alias = get_config().database
    ids = [alert.pk for alert, _ in planned]
    with transaction.atomic(using=alias):
        if len(ids) > 1 and connections[alias].features.has_select_for_update:
            # In one order, so that no two sweeps hold what the other one waits for.
            rows = _alerts().filter(pk__in=ids).order_by("pk").select_for_update()
            list(rows.values_list("pk"))
        if _move(ids, move, now) == len(ids):
            return owe([delivery for _, mine in planned for delivery in mine])
        transaction.set_rollback(True, using=alias)
    if len(ids) == 1:
        return 0
    middle = len(ids) // 2
    return _run(move, planned[:middle], now) + _run(move, planned[middle:], now)


def _move(ids: Sequence[int], move: Move, now: datetime) -> int:
    """Move those of the alerts that still may; return how many."""
    mine = _alerts().due(now).filter(pk__in=ids, step=move.step, cycle=move.cycle)
    seen = Incident.objects.filter(pk=OuterRef("incident_id")).values("times_seen")
    following = move.following
    return mine.update(
        step=following.step,
        cycle=following.cycle,
        repeats=following.repeats,
        next_step_at=None if following.wait is None else now + following.wait,
        silence=None,
        told_at=now,
        told_count=Subquery(seen),
    )


def _alerts() -> AlertQuerySet:
    return Alert.objects.using(get_config().database)
