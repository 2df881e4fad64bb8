"""Which changes of incidents somebody is alerted about; called inside the digest's transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from errorkit.conf import get_config
from errorkit.delivery.outbox import owe
from errorkit.models import Alert, Delivery, Incident
from errorkit.models.matching import Level, severity
from errorkit.models.transitions import Change, Transition
from errorkit.oncall import news
from errorkit.oncall.destinations import Directory
from errorkit.oncall.owing import alert_deliveries
from errorkit.oncall.plans import Plan
from errorkit.oncall.routes import Routing
from errorkit.oncall.storms import Storms
from errorkit.oncall.surges import surging

ALERTING = frozenset({Transition.OPENED, Transition.REGRESSED})
SURGE_INTERVAL = timedelta(hours=1)


def owe_alerts(changes: Sequence[Change], now: datetime) -> int:
    """Begin an alert for each incident that opened, regressed or surges; return how many deliveries are owed.

    Where no route has chosen a policy, one message to the fallback is owed at once; a policy's steps are left to the sweep.
    """
    alerting = [change for change in changes if change.transition in ALERTING]
    # What has ended a snooze is told of by itself (see `waking`).
    repeating = [
        change
        for change in changes
        if change.transition is Transition.REPEATED and not change.woken
    ]
    routing = Routing.load() if changes else Routing(())
    began = [
        alert
        for change in alerting
        if is_alertable(change.incident, now)
        for alert in begin(change, change.transition, routing, now)
    ]
    owed = owe_first_form(began, now)
    if routing.routes:
        repeating = [change for change in repeating if is_alertable(change.incident, now)]
        _begin_surges(surging(repeating, now), routing, now)
    return owed + news.owe_progress(repeating, now)


def begin(
    change: Change, transition: Transition, routing: Routing, now: datetime
) -> Iterable[Alert]:
    """Yield the unsaved alert of an incident, if its route wants one."""
    occurrence = change.full[0] if change.full else None
    path = occurrence.path if occurrence else ""
    plan = routing.plan_for(change.incident, path)
    if plan is not None:
        yield Alert(
            incident=change.incident,
            generation=change.incident.generation,
            transition=transition,
            # In a storm there may be none; the alert is owed all the same.
            occurrence_id=occurrence.pk if occurrence else None,
            path=path,
            policy=plan.policy,
            plan=plan.to_json(),
            next_step_at=now + group_wait(plan, change.incident),
            told_count=change.incident.times_seen,
            created_at=now,
        )


def group_wait(plan: Plan, incident: Incident) -> timedelta:
    """Return how long to collect before the first alert; what is fatal does not wait."""
    fatal = severity(incident.level) >= severity(Level.FATAL)
    return timedelta(seconds=0 if fatal else plan.group_wait)


def owe_first_form(began: Sequence[Alert], now: datetime) -> int:
    """Store the alerts; owe those without a policy, whose only step is the fallback."""
    deliveries: list[Delivery] = []
    directory, storms = Directory(now), Storms(now)
    for alert in began:
        if alert.policy:
            continue
        plan = Plan.from_json(alert.plan)
        deliveries += alert_deliveries(alert, directory.destinations(plan, 0), now)
        alert.cycle, alert.next_step_at, alert.told_at = 2, None, now
    Alert.objects.using(get_config().database).bulk_create(began, ignore_conflicts=True)
    storms.hold(deliveries)
    return owe(deliveries)


def _begin_surges(changes: Sequence[Change], routing: Routing, now: datetime) -> None:
    """Alert anew where an alert goes on, and begin one where there is none; an incident surges once per hour at most."""
    alerts = Alert.objects.using(get_config().database)
    began: list[Alert] = []
    for change in changes:
        mine = alerts.filter(incident=change.incident, generation=change.incident.generation)
        if mine.exists():
            mine.ready_to_surge(now - SURGE_INTERVAL).start_over(
                now, transition=Transition.SURGING, surged_at=now
            )
        else:
            began += begin(change, Transition.SURGING, routing, now)
    for alert in began:
        alert.surged_at = now
    alerts.bulk_create([alert for alert in began if alert.policy], ignore_conflicts=True)


def is_alertable(incident: Incident, now: datetime) -> bool:
    """Return what `IncidentQuerySet.alertable` asks the database, for a row that is at hand."""
    snoozed = incident.snoozed_until is not None and incident.snoozed_until > now
    return incident.status == Incident.Status.OPEN and not snoozed
