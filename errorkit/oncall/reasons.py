"""Why a delivery is owed, and when people hear next: what the admin says beside each."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from errorkit.conf import get_config
from errorkit.delivery.fallback import is_fallback
from errorkit.models import Alert, Delivery
from errorkit.oncall.news import next_told

Openings = dict[tuple[int, int], Alert]


def openings_of(deliveries: Iterable[Delivery]) -> Openings:
    """Return the alerts that the deliveries belong to, by incident and generation; one query, none without alerts."""
    told = (each for each in deliveries if each.purpose == Delivery.Purpose.ALERT)
    incidents = {each.incident_id for each in told if each.incident_id is not None}
    alerts = Alert.objects.using(get_config().database).filter(incident__in=incidents)
    return {(alert.incident_id, alert.generation): alert for alert in alerts}


def why_owed(delivery: Delivery, openings: Openings) -> str:
    """Return in a sentence why it is owed, and for an alert when the next one comes."""
    purpose = Delivery.Purpose(delivery.purpose)
    if purpose is Delivery.Purpose.ALERT:
        if is_fallback(delivery):
            return _("Another channel does not deliver this alert.")
        return f"{_of_alert(delivery)} {_next(delivery, openings)}".strip()
    if purpose is Delivery.Purpose.FORWARD:
        named = any(delivery.channel in route.channels for route in get_config().routes)
        if named:
            return _("A full occurrence that ROUTES let through to this channel.")
        return _("Every full occurrence goes to this channel.")
    reasons = {
        Delivery.Purpose.FOLLOW_UP: _("People have acted on an incident that was alerted here."),
        Delivery.Purpose.TEST: _("Somebody has asked for a test."),
        Delivery.Purpose.NOTICE: _("Something that people on call should know."),
    }
    return reasons[purpose]


def _of_alert(delivery: Delivery) -> str:
    reasons = {
        "opened": _("The incident has opened."),
        "regressed": _("The incident was resolved and has come back."),
        "surging": _("The incident happens far more often than before."),
        "repeated": _("Repeat: seen twice as often as when it was last told of."),
        "quiet": _("Nothing has happened for a while."),
        "escalated": _("Nobody has acknowledged the incident so far."),
        "lapsed": _("The acknowledgement has expired, and the incident is open."),
    }
    return reasons.get(delivery.transition, _("An alert."))


def _next(delivery: Delivery, openings: Openings) -> str:
    """Return when people hear of repeats again: they are not told of each."""
    alert = openings.get((delivery.incident_id or 0, delivery.generation))
    if alert is None or alert.status != Alert.Status.RUNNING:
        return ""
    if not alert.policy:
        return _("Repeats are not told of: no route has chosen a policy.")
    return _("Repeats: next at {count}.").format(count=f"{next_told(alert.told_count):,}")
