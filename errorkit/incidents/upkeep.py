"""What errorkit does to incidents by itself, round by round: snoozes end, and what has been quiet for long is resolved."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import ngettext

from errorkit.conf import get_config
from errorkit.incidents.triage import AWAKE, ITSELF, resolve
from errorkit.models import Activity, Incident

BATCH = 200


def keep_up(now: datetime) -> None:
    """Do what is due; raises what the database raises."""
    wake_due(now)
    resolve_quiet(now)


def wake_due(now: datetime) -> int:
    """End the snoozes whose time has come; return how many. Alerts that waited for it go on by themselves."""
    alias = get_config().database
    due = Incident.objects.using(alias).filter(snoozed_until__lte=now)
    return sum(_wake(pk, now) for pk in due.values_list("pk", flat=True)[:BATCH])


def _wake(pk: int, now: datetime) -> bool:
    alias = get_config().database
    with transaction.atomic(using=alias):
        if not Incident.objects.using(alias).filter(pk=pk, snoozed_until__lte=now).update(**AWAKE):
            return False
        Activity.objects.using(alias).create(incident_id=pk, kind=Activity.Kind.WOKE, at=now)
    return True


def resolve_quiet(now: datetime) -> int:
    """Resolve what has not been seen for AUTO_RESOLVE_DAYS, if that is set; return how many.

    It is resolved now: whatever comes afterwards opens it again, and is alerted about.
    """
    days = get_config().auto_resolve_days
    if days is None:
        return 0
    alias = get_config().database
    quiet = Incident.objects.using(alias).unresolved().filter(last_seen__lte=now - timedelta(days))
    text = ngettext("Not seen for %g day.", "Not seen for %g days.", int(days)) % days
    # What is snoozed waits for its end.
    ids = quiet.filter(snoozed_until=None).order_by("last_seen").values_list("pk", flat=True)
    return resolve(list(ids[:BATCH]), actor=ITSELF, text=text, unseen_since=now - timedelta(days))
