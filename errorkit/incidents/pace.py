"""How fast people are."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import OuterRef, Subquery

from errorkit.conf import get_config
from errorkit.models import Activity

LATELY = timedelta(days=30)

Kind = Activity.Kind
BEGINNINGS = (Kind.OPENED, Kind.REGRESSED, Kind.REOPENED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Median seconds from the opening of an incident to what people did, in the last 30 days; None if nobody did."""

    acknowledge: float | None
    resolve: float | None


def measure_pace(now: datetime) -> Pace:
    """Return how fast people were lately."""
    return Pace(
        acknowledge=_median_until(Kind.ACKNOWLEDGED, now),
        resolve=_median_until(Kind.RESOLVED, now),
    )


def _median_until(kind: Activity.Kind, now: datetime) -> float | None:
    rows = Activity.objects.using(get_config().database)
    beginning = rows.filter(
        incident=OuterRef("incident"), kind__in=BEGINNINGS, id__lt=OuterRef("id")
    ).order_by("-id")
    # What errorkit did by itself tells nothing about people.
    done = rows.filter(kind=kind, at__gte=now - LATELY).exclude(actor_label="")
    newest = done.annotate(begun=Subquery(beginning.values("at")[:1])).order_by("-at")[:500]
    spans = [
        (at - begun).total_seconds()
        for at, begun in newest.values_list("at", "begun")
        if begun is not None
    ]
    return median(spans) if spans else None
