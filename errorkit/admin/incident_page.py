"""What the page of an incident shows."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from errorkit.admin import charts
from errorkit.admin.cells import ago
from errorkit.admin.conditions import detail_of, news_of, other_of, promise_of, rest_of
from errorkit.admin.delivery_views import view_deliveries
from errorkit.admin.facts import view_failure
from errorkit.conf import get_config
from errorkit.incidents import comparison, history
from errorkit.incidents.deploys import deploys_of
from errorkit.incidents.feedback import feedback_of
from errorkit.incidents.merging import merges_of
from errorkit.models import Deploy, Incident, Occurrence

SHOWN = 25
NEWEST = 10  # occurrences in the table; a link leads to all
SUSPECT = timedelta(hours=1)  # how long before the first occurrence a deploy is worth a look


def context_of(incident: Incident, *, sensitive: bool) -> dict[str, Any]:
    """Return the newest full occurrence as people read it, and what happened around it."""
    newest = _newest_full(incident)
    now = timezone.now()
    since = charts.beginning(now)
    hours = history.hours_of([incident.pk], since=since).get(incident.pk, {})
    deploys = deploys_of(incident.environment, since=min(since, incident.first_seen - SUSPECT))
    return {
        "newest": newest,
        "failure": view_failure(newest, sensitive=sensitive),
        "seen": _seen(incident),
        "news": news_of(incident, now),
        "rest": rest_of(incident, now),
        "promise": promise_of(incident),
        "charts": [
            charts.chart_hours(hours, now, deploys=deploys),
            charts.chart_days(hours, now, deploys=deploys),
        ],
        "suspects": _suspects(incident, deploys),
        "older": _before(newest),
        "comparison": comparison.compare(incident),
        "occurrences": [(each, ago(each.occurred_at)) for each in _newest_of(incident)],
        **_grouping(incident),
        **_feedback(incident),
        **_story(incident),
    }


def _seen(incident: Incident) -> dict[str, Any]:
    return {
        "times": f"{incident.times_seen:,}",
        "users": f"{incident.users_affected:,}",
        "kept": _kept(incident),
        "first": ago(incident.first_seen),
        "last": ago(incident.last_seen),
    }


def _grouping(incident: Incident) -> dict[str, Any]:
    """Return what leads to the incident, and what it was merged from or into."""
    merged, parts = merges_of(incident)
    fingerprints = list(incident.fingerprints.order_by("created_at", "id")[:SHOWN])
    return {"merged": merged, "parts": parts, "fingerprints": fingerprints}


def _feedback(incident: Incident) -> dict[str, Any]:
    messages = list(feedback_of(incident)[:SHOWN])
    return {
        "feedback": [(each, ago(each.at)) for each in messages],
        "unread": sum(each.read_at is None for each in messages),
    }


def _story(incident: Incident) -> dict[str, Any]:
    """Return what was done about the incident, by people and by errorkit."""
    return {
        "activities": [
            (each, ago(each.at), detail_of(each), other_of(each))
            for each in incident.activities.order_by("-id")[:SHOWN]
        ],
        "deliveries": view_deliveries(
            incident.deliveries.prefetch_related("tries").order_by("-id")[:SHOWN]
        ),
    }


def _kept(incident: Incident) -> str:
    """Return how many came with a traceback of their own, empty if all did."""
    if not incident.times_light:
        return ""
    return gettext("{full} in full of {all}").format(
        full=f"{incident.times_seen - incident.times_light:,}", all=f"{incident.times_seen:,}"
    )


def _newest_full(incident: Incident) -> Occurrence | None:
    if incident.last_full_id is None:
        return None
    return Occurrence.objects.using(get_config().database).filter(pk=incident.last_full_id).first()


def _newest_of(incident: Incident) -> QuerySet[Occurrence]:
    rows = Occurrence.objects.using(get_config().database).of_incident(incident.pk)
    return rows.defer("payload")[:NEWEST]


def _suspects(incident: Incident, deploys: list[Deploy]) -> list[Deploy]:
    """Return what was deployed in the hour before the first occurrence, the newest first."""
    first = incident.first_seen
    return [each for each in deploys if first - SUSPECT <= each.at <= first]


def _before(occurrence: Occurrence | None) -> UUID | None:
    """Return the id of the occurrence before the one that is shown."""
    if occurrence is None or occurrence.incident_id is None:
        return None
    rows = Occurrence.objects.using(get_config().database).of_incident(occurrence.incident_id)
    return rows.filter(pk__lt=occurrence.pk).values_list("pk", flat=True).first()
