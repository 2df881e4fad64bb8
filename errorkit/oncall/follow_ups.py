"""What those who were alerted hear when people acknowledge, resolve or ignore the incident."""

from datetime import datetime

from errorkit.conf import get_config
from errorkit.delivery.channels import get_channel
from errorkit.delivery.outbox import make_delivery, owe
from errorkit.exceptions import InvalidChannelError
from errorkit.models import Activity, Delivery, Incident

Kind = Activity.Kind
FOLLOWED = frozenset({Kind.ACKNOWLEDGED, Kind.RESOLVED, Kind.IGNORED})


def owe_follow_ups(incident: Incident, kind: Activity.Kind, now: datetime) -> int:
    """Owe what was done to the channels that follow and have got the alert; return how many are owed.

    Called inside the transaction that changes the incident. Who never heard of the incident hears nothing of its end.
    """
    if kind not in FOLLOWED:
        return 0
    told = Delivery.objects.using(get_config().database).filter(
        incident=incident,
        generation=incident.generation,
        purpose=Delivery.Purpose.ALERT,
        status__in=[Delivery.Status.ACCEPTED, Delivery.Status.SENDING],
    )
    # Of several messages in one channel the first began the thread.
    first = {alert.channel: alert for alert in told.order_by("-pk") if _follows(alert.channel)}
    return owe([_follow_up(alert, incident, kind, now) for alert in first.values()])


def _follow_up(alert: Delivery, incident: Incident, kind: Activity.Kind, now: datetime) -> Delivery:
    delivery = make_delivery(
        Delivery.Purpose.FOLLOW_UP,
        alert.channel,
        # The same may be done again after it was undone.
        key=f"follow:{alert.channel}:{incident.pk}:{kind}:{now.timestamp():.6f}",
        now=now,
        incident=incident,
        transition=kind,
    )
    delivery.occurrence_id = alert.occurrence_id
    return delivery


def _follows(alias: str) -> bool:
    try:
        return get_channel(alias).follows
    except InvalidChannelError:
        return False
