"""Who is told when an incident ends its own snooze, because it came back more often than people had agreed to."""

from collections.abc import Iterable
from datetime import datetime

from errorkit.conf import get_config
from errorkit.delivery.outbox import owe
from errorkit.models import Alert, Delivery
from errorkit.models.transitions import Change, Transition
from errorkit.oncall.alerts import begin, is_alertable, owe_first_form
from errorkit.oncall.destinations import Directory
from errorkit.oncall.owing import alert_deliveries
from errorkit.oncall.plans import Plan
from errorkit.oncall.routes import Routing
from errorkit.oncall.storms import Storms


def owe_woken(changes: Iterable[Change], now: datetime) -> int:
    """Alert anew for each that has woken; return how many deliveries are owed. Called inside the digest's transaction."""
    woken = [change for change in changes if change.woken and is_alertable(change.incident, now)]
    if not woken:
        return 0
    routing = Routing.load()
    alerts = Alert.objects.using(get_config().database)
    began: list[Alert] = []
    told: list[Delivery] = []
    for change in woken:
        mine = alerts.filter(incident=change.incident, generation=change.incident.generation)
        if not mine.exists():
            began += begin(change, Transition.SURGING, routing, now)
        # A policy begins with its first step again; without one there is a single step.
        elif not mine.exclude(policy="").start_over(now, transition=Transition.SURGING):
            told += _single_step(mine.get(), change, now)
    Storms(now).hold(told)
    return owe(told) + owe_first_form(began, now)


def _single_step(alert: Alert, change: Change, now: datetime) -> list[Delivery]:
    alert.incident = change.incident
    return alert_deliveries(
        alert,
        Directory(now).destinations(Plan.from_json(alert.plan), 0),
        now,
        transition=Transition.SURGING,
        stage=f"woke{change.incident.times_seen}",
    )
