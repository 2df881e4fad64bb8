"""Under which condition an incident rests, and what would open it again, in words."""

from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from errorkit.models import Activity, Incident
from errorkit.oncall.walltime import as_local

NEW = timedelta(days=1)


def news_of(incident: Incident, now: datetime) -> str:
    """Return whether an unresolved incident has been resolved before, or is new; empty for all others."""
    if incident.status not in {Incident.Status.OPEN, Incident.Status.ACKNOWLEDGED}:
        return ""
    if incident.generation > 1:
        return _("came back")
    return _("new") if now - incident.first_seen < NEW else ""


def rest_of(incident: Incident, now: datetime) -> str:
    """Return when a snoozed incident wakes; empty for one that is awake."""
    until = incident.snoozed_until
    if until is None or until <= now:
        return ""
    end = date_format(as_local(until), "DATETIME_FORMAT")
    if incident.snoozed_count is not None:
        more = max(incident.snoozed_count - incident.times_seen, 0)
        return _("snoozed for %(more)d more, until %(time)s at the latest") % {
            "more": more,
            "time": end,
        }
    if incident.snoozed_rate is not None:
        return _("snoozed up to %(rate)d an hour, until %(time)s at the latest") % {
            "rate": incident.snoozed_rate,
            "time": end,
        }
    return _("snoozed until %(time)s") % {"time": end}


def detail_of(activity: Activity) -> str:
    """Return until when an incident was to rest, as its activity tells; empty for all others."""
    count, rate, until = (activity.data.get(name) for name in ("count", "rate", "until"))
    if activity.kind != Activity.Kind.SNOOZED or not until:
        return ""
    if count is not None:
        return _("until it has been seen %(count)s times") % {"count": count}
    if rate is not None:
        return _("until it is seen more than %(rate)s times in an hour") % {"rate": rate}
    end = as_local(datetime.fromisoformat(until))
    return _("until %(time)s") % {"time": date_format(end, "DATETIME_FORMAT")}


def other_of(activity: Activity) -> int | None:
    """Return the incident that this one was merged with, or split from; None where the activity is about no other one."""
    ids = (activity.data.get(name) for name in ("other", "into", "from"))
    return next((each for each in ids if each is not None), None)


def promise_of(incident: Incident) -> str:
    """Return in which release a resolved incident is mended; empty where that is not said."""
    if incident.status != Incident.Status.RESOLVED:
        return ""
    if incident.resolution == Incident.Resolution.RELEASE:
        return _("in release %s") % incident.resolved_release
    if incident.resolution != Incident.Resolution.NEXT:
        return ""
    if not incident.resolved_release:
        return _("in the next release")
    return _("in the release after %s") % incident.resolved_release
