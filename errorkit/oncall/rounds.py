"""The sweep's round of on-call: what people did, what is due, what is held, who comes next."""

from datetime import datetime

from django.db.models import Q

from errorkit.conf import get_config
from errorkit.models import Alert, Delivery
from errorkit.oncall.digests import send_held
from errorkit.oncall.escalation import escalate, hurry_first_steps
from errorkit.oncall.news import send_quiet
from errorkit.oncall.upkeep import (
    close_outdated,
    end_acknowledgements,
    lift_silences,
    note_acknowledged,
)
from errorkit.oncall.watch import tell_gaps, tell_handoffs

URGENT = frozenset({Delivery.Purpose.ALERT, Delivery.Purpose.NOTICE})


def goes_on() -> bool:
    """Return whether something is still to come by itself: a step, the end of an acknowledgement, a message that has not left."""
    unsent = Delivery.objects.using(get_config().database).unfinished()
    return has_steps() or unsent.filter(purpose__in=URGENT).exists()


def has_steps() -> bool:
    """Return whether an alert will go on by itself."""
    later = Q(next_step_at__isnull=False) | Q(acknowledged_until__isnull=False)
    alive = [Alert.Status.RUNNING, Alert.Status.ACKNOWLEDGED]
    return Alert.objects.using(get_config().database).filter(later, status__in=alive).exists()


def go_round(now: datetime, *, alone: bool = False) -> int:
    """Do everything that is due; return how many deliveries are owed. Raises what the database raises.

    `alone`: nobody else sweeps, so alerts do not wait for company that this process may not be there to see.
    """
    close_outdated(now)
    note_acknowledged()
    end_acknowledgements(now)
    lift_silences(now)
    if alone:
        hurry_first_steps(now)
    return send_quiet(now) + escalate(now) + send_held(now) + tell_handoffs(now) + tell_gaps(now)
