"""Rows as the digest leaves them."""

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from errorkit.delivery.channels.base import IncidentFacts
from errorkit.models import Delivery, Incident, Occurrence
from errorkit.models.transitions import Change, Transition
from errorkit.reports.identity import make_occurrence_id
from errorkit.reports.parts import Frame, RaisedException, RequestSnapshot
from errorkit.reports.report import Report

FACTS = IncidentFacts(
    id=7,
    title="ValueError",
    location="shop.pay",
    level="error",
    environment="production",
    status="open",
    generation=2,
    times_seen=3,
    times_light=0,
    first_seen=datetime(2026, 11, 20, tzinfo=UTC),
    last_seen=datetime(2026, 11, 21, tzinfo=UTC),
    url="https://shop.example/admin/errorkit/incident/7/change/",
)


def make_report(**values: Any) -> Report:
    frame = Frame(
        filename="shop/views.py",
        abs_path="/srv/shop/views.py",
        module="shop.views",
        function="pay",
        lineno=12,
        in_app=True,
        context_line="    return total / count",
        pre_context=("def pay(request):", "    count = 0"),
        post_context=("",),
        locals={"count": "0", "total": "12"},
    )
    defaults: dict[str, Any] = {
        "id": make_occurrence_id(),
        "occurred_at": datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
        "kind": "request",
        "fingerprint": "v1:" + "a" * 40,
        "title": "ZeroDivisionError: division by zero",
        "location": "shop.views.pay",
        "environment": "production",
        "release": "1.4.2",
        "server": "web-1",
        "request_id": "0199a0b0c0d0",
        "trace_id": "a" * 32,
        "span_id": "b" * 16,
        "status": 500,
        "user_id": "7",
        "exceptions": (
            RaisedException(
                type="ZeroDivisionError",
                module="builtins",
                message="division by zero",
                frames=(frame,),
            ),
        ),
        "request": RequestSnapshot(
            method="POST",
            path="/pay/7/",
            route="pay/<int:pk>/",
            query="page=2",
            scheme="https",
            host="shop.example",
            remote="192.0.2.1",
            headers={"User-Agent": "test"},
            body={"amount": "12"},
        ),
        "tags": {"tenant": "north"},
    }
    return Report(**defaults | values)


def make_incident(**values: Any) -> Incident:
    now = timezone.now()
    defaults: dict[str, Any] = {
        "title": "ZeroDivisionError: division by zero",
        "location": "shop.views.pay",
        "kind": "request",
        "level": "error",
        "environment": "production",
        "first_seen": now,
        "last_seen": now,
        "times_seen": 1,
    }
    return Incident.objects.create(**defaults | values)


def make_occurrence(incident: Incident | None = None, **values: Any) -> Occurrence:
    occurrence = Occurrence.from_report(make_report(**values))
    occurrence.incident = incident
    occurrence.save()
    return occurrence


def make_change(
    transition: Transition = Transition.OPENED,
    *,
    full: int = 1,
    light: int = 0,
    incident: Incident | None = None,
    **values: Any,
) -> Change:
    incident = incident or make_incident()
    incident.times_light += light
    incident.save()
    occurrences = tuple(make_occurrence(incident, **values) for _ in range(full))
    return Change(incident=incident, transition=transition, full=occurrences, light=light)


def only(**filters: Any) -> Delivery:
    return Delivery.objects.get(**filters)
