"""People say something about an incident."""

from django.utils import timezone

from errorkit.conf import get_config
from errorkit.incidents.triage import Actor
from errorkit.models import Activity


def comment(incident_id: int, *, actor: Actor, text: str) -> Activity:
    """Write down what somebody has to say; the incident's status stays as it is."""
    return Activity.objects.using(get_config().database).create(
        incident_id=incident_id,
        kind=Activity.Kind.COMMENTED,
        at=timezone.now(),
        actor_id=actor.user_id,
        actor_label=actor.label,
        text=text,
    )
