"""What is looked at, at size: each look with its budget in milliseconds."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Count, QuerySet
from django.test import Client
from django.urls import include, path
from django.utils import timezone

from errorkit.incidents.overview import top_incidents
from errorkit.models import HourlyCount, HourlyTotal, Incident, Occurrence

urlpatterns = [
    path("admin/", admin.site.urls),
    path("errorkit/", include("errorkit.urls")),
]
INCIDENTS = "/admin/errorkit/incident/"
API = "/errorkit/api"

PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one run looks for, and as whom: any occurrence, and one of the busiest incidents."""

    client: Client
    occurrence: Occurrence
    busy: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One row of the table."""

    title: str
    budget: float
    run: Callable[[Sample], object]


def choose_samples(count: int) -> list[Sample]:
    """Return full occurrences from all over the 90 days, each beside one of the busiest incidents."""
    dice = random.Random(count)
    client = _manager()
    busiest = list(Incident.objects.order_by("-times_seen").values_list("pk", flat=True)[:10])
    return [
        Sample(
            client=client,
            occurrence=_full_after(_ago(dice.uniform(1, 89))),
            busy=dice.choice(busiest),
        )
        for _ in range(count)
    ]


def _full_after(moment: datetime) -> Occurrence:
    """Return one with a report: the page of a light one has less to show."""
    return Occurrence.objects.filter(id__gte=_id_at(moment), full=True).order_by("id")[0]


def _manager() -> Client:
    user, _ = get_user_model().objects.get_or_create(
        username="manager", is_staff=True, is_superuser=True
    )
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def _page(url: str) -> Callable[[Sample], object]:
    """Return the look at a page; the URL may name {busy}, {id}, {reference} and {request_id}."""

    def look(sample: Sample) -> object:
        names = {"busy": sample.busy, **vars(sample.occurrence)}
        answer = sample.client.get(url.format(**names))
        assert answer.status_code in {200, 302}, (url, answer.status_code)
        return answer

    return look


def _ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def _id_at(moment: datetime) -> UUID:
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _newest(incidents: QuerySet[Incident]) -> list[Incident]:
    return list(incidents.order_by("-last_seen", "-id")[:PAGE])


def _per_hour(days: float) -> list[Any]:
    """Return the totals of an hour, by status and environment."""
    return list(HourlyTotal.objects.filter(hour__gte=_ago(days)).order_by("hour"))


LOOKS = (
    Look(title="admin: incidents", budget=100, run=_page(INCIDENTS)),
    Look(title="admin: incidents, all", budget=100, run=_page(f"{INCIDENTS}?status=all")),
    Look(title="admin: by times seen", budget=100, run=_page(f"{INCIDENTS}?status=all&o=-3")),
    Look(title="admin: find a reference", budget=100, run=_page(f"{INCIDENTS}?q={{reference}}")),
    Look(title="admin: free text", budget=300, run=_page(f"{INCIDENTS}?q=basket+77")),
    Look(title="admin: a busy incident", budget=100, run=_page(f"{INCIDENTS}{{busy}}/change/")),
    Look(
        title="admin: an occurrence",
        budget=100,
        run=_page("/admin/errorkit/occurrence/{id}/change/"),
    ),
    Look(title="admin: occurrences", budget=100, run=_page("/admin/errorkit/occurrence/")),
    Look(title="admin: deliveries", budget=100, run=_page("/admin/errorkit/delivery/")),
    Look(title="admin: overview of a day", budget=100, run=_page(f"{INCIDENTS}overview/")),
    Look(
        title="admin: overview of 90 days",
        budget=100,
        run=_page(f"{INCIDENTS}overview/?days=90"),
    ),
    Look(title="API: incidents", budget=100, run=_page(f"{API}/incidents/")),
    Look(title="API: an incident", budget=100, run=_page(f"{API}/incidents/{{busy}}/")),
    Look(
        title="API: occurrences of a busy incident",
        budget=100,
        run=_page(f"{API}/occurrences/?incident={{busy}}"),
    ),
    Look(
        title="API: find a request ID",
        budget=100,
        run=_page(f"{API}/occurrences/?request_id={{request_id}}"),
    ),
    Look(title="API: an occurrence", budget=100, run=_page(f"{API}/occurrences/{{id}}/")),
    Look(title="API: overview of a day", budget=100, run=_page(f"{API}/overview/")),
    Look(
        title="reference",
        budget=10,
        run=lambda it: list(Occurrence.objects.filter(reference=it.occurrence.reference)),
    ),
    Look(
        title="request ID",
        budget=10,
        run=lambda it: list(Occurrence.objects.filter(request_id=it.occurrence.request_id)),
    ),
    Look(
        title="occurrences of a user, newest 100",
        budget=100,
        run=lambda it: list(
            Occurrence.objects.filter(user_id=it.occurrence.user_id or "1").order_by("-id")[:PAGE]
        ),
    ),
    Look(
        title="undigested occurrences, 500 at most",
        budget=100,
        run=lambda it: list(Occurrence.objects.undigested()[:500]),
    ),
    Look(
        title="incidents, newest 100",
        budget=100,
        run=lambda it: _newest(Incident.objects.all()),
    ),
    Look(
        title="incidents, unresolved, newest 100",
        budget=100,
        run=lambda it: _newest(Incident.objects.unresolved()),
    ),
    Look(
        title="incidents, open in staging, newest 100",
        budget=100,
        run=lambda it: _newest(Incident.objects.filter(status="open", environment="staging")),
    ),
    Look(
        title="incidents, count by status",
        budget=100,
        run=lambda it: list(Incident.objects.values("status").annotate(Count("id"))),
    ),
    Look(
        title="incidents, free text in the title",
        budget=300,
        run=lambda it: _newest(Incident.objects.filter(title__icontains="basket 77")),
    ),
    Look(
        title="incidents, most often seen 100",
        budget=100,
        run=lambda it: list(Incident.objects.order_by("-times_seen", "-id")[:PAGE]),
    ),
    Look(
        title="occurrences of a busy incident, newest 100",
        budget=100,
        run=lambda it: list(Occurrence.objects.of_incident(it.busy).defer("payload")[:PAGE]),
    ),
    Look(
        title="hourly counts of a busy incident, 30 days",
        budget=100,
        run=lambda it: list(HourlyCount.objects.filter(incident=it.busy, hour__gte=_ago(30))),
    ),
    Look(title="failures per hour, 24 hours", budget=100, run=lambda it: _per_hour(1)),
    Look(title="top incidents, 24 hours", budget=100, run=lambda it: top_incidents(_ago(1))),
    Look(
        title="incidents first seen today",
        budget=100,
        run=lambda it: _newest(Incident.objects.filter(first_seen__gte=_ago(1))),
    ),
)
