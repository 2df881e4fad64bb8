"""Reports and rows made by hand, for tests that need a failure but not to fail.

Every function fills in what the test does not care about; whatever the test does care about it names.
"""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from errorkit.incidents.wording import read_words
from errorkit.models import (
    Activity,
    Delivery,
    DeliveryAttempt,
    Fingerprint,
    Heartbeat,
    Incident,
    Occurrence,
)
from errorkit.reports.identity import make_occurrence_id
from errorkit.reports.parts import Frame, RaisedException, RequestSnapshot
from errorkit.reports.report import Report

FINGERPRINT = "v1:" + "0" * 40
_numbers = itertools.count(1)


def make_id() -> UUID:
    """Return an occurrence id that is later than every one before, also within one millisecond."""
    return UUID(int=make_occurrence_id().int + (next(_numbers) << 80))


def make_frame(**values: Any) -> Frame:
    """Return a frame of the site's own code, with source and one local variable."""
    defaults: dict[str, Any] = {
        "filename": "shop/views.py",
        "module": "shop.views",
        "function": "checkout",
        "lineno": 42,
        "in_app": True,
        "pre_context": ("def checkout(request):", "    basket = basket_of(request)"),
        "context_line": "    total = basket.total / basket.size",
        "post_context": ("    return pay(total)",),
        "locals": {"basket": "<Basket of 0>"},
    }
    return Frame(**{**defaults, **values})


def make_library_frame(**values: Any) -> Frame:
    """Return a frame of a library: not in the app, without locals."""
    defaults: dict[str, Any] = {
        "filename": "django/core/handlers/base.py",
        "module": "django.core.handlers.base",
        "function": "_get_response",
        "lineno": 198,
        "in_app": False,
        "pre_context": (),
        "context_line": "response = wrapped_callback(request, *callback_args)",
        "post_context": (),
        "locals": None,
    }
    return make_frame(**{**defaults, **values})


def make_exception(**values: Any) -> RaisedException:
    """Return a ZeroDivisionError raised in the app, below one library frame."""
    defaults: dict[str, Any] = {
        "type": "ZeroDivisionError",
        "module": "builtins",
        "message": "division by zero",
        "frames": (make_library_frame(), make_frame()),
    }
    return RaisedException(**{**defaults, **values})


def make_request(**values: Any) -> RequestSnapshot:
    """Return a scrubbed POST to /checkout/."""
    defaults: dict[str, Any] = {
        "method": "POST",
        "path": "/checkout/",
        "route": "checkout/",
        "query": "step=2",
        "scheme": "https",
        "host": "shop.example.com",
        "remote": "192.0.2.7",
        "headers": {"Accept": "text/html", "Cookie": "[scrubbed]"},
    }
    return RequestSnapshot(**{**defaults, **values})


def make_report(**values: Any) -> Report:
    """Return a full report of a failed request, now, with a fresh id."""
    defaults: dict[str, Any] = {
        "id": make_id(),
        "occurred_at": datetime.now(UTC),
        "kind": "request",
        "fingerprint": FINGERPRINT,
        "title": "ZeroDivisionError: division by zero",
        "location": "shop.views in checkout",
        "environment": "production",
        "release": "1.4.2",
        "server": "web-1",
        "request_id": f"request-{next(_numbers)}",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "status": 500,
        "user_id": "7",
        "user_label": "ada",
        "fingerprint_parts": ("ZeroDivisionError", "shop.views:checkout"),
        "exceptions": (make_exception(),),
        "request": make_request(),
        "context": {"basket": {"size": 0}},
        "tags": {"plan": "free"},
    }
    return Report(**{**defaults, **values})


def make_light_report(**values: Any) -> Report:
    """Return a light report: no exceptions, request headers or context of its own."""
    defaults: dict[str, Any] = {"full": False, "exceptions": (), "context": {}, "tags": {}}
    return make_report(**{**defaults, **values})


def make_occurrence(
    *, incident: Incident | None = None, report: Report | None = None, **values: Any
) -> Occurrence:
    """Save the row of a report; without an incident it is not digested yet. `values` go to the report."""
    occurrence = Occurrence.from_report(report or make_report(**values))
    occurrence.incident = incident
    occurrence.save(force_insert=True)
    return occurrence


def make_incident(*, occurrences: int = 0, report: Report | None = None, **values: Any) -> Incident:
    """Save an incident, with that many occurrences: the first is full and made from `report`, if given."""
    now = timezone.now()
    defaults: dict[str, Any] = {
        "title": report.title if report else "ZeroDivisionError: division by zero",
        "location": report.location if report else "shop.views in checkout",
        "kind": "request",
        "level": "error",
        "environment": "production",
        "status_code": 500,
        "times_seen": max(occurrences, 1),
        "first_seen": now - timedelta(days=2),
        "last_seen": now,
        "first_release": "1.4.0",
        "last_release": "1.4.2",
    }
    incident = Incident.objects.create(**{**defaults, **values})
    made = [
        make_occurrence(incident=incident, report=report if number == 0 else None)
        for number in range(occurrences)
    ]
    if made and "last_full_id" not in values:
        incident.last_full_id = made[0].pk if report else made[-1].pk
        incident.save(update_fields=["last_full_id"])
    read_words([incident], "default", now)
    return incident


def make_fingerprint(incident: Incident, value: str = FINGERPRINT) -> Fingerprint:
    """Save the fingerprint that leads to an incident."""
    return Fingerprint.objects.create(
        incident=incident,
        value=value,
        environment=incident.environment,
        created_at=incident.first_seen,
    )


def make_delivery(incident: Incident | None = None, *, tries: int = 0, **values: Any) -> Delivery:
    """Save a delivery that is due now, with that many failed tries."""
    now = timezone.now()
    defaults: dict[str, Any] = {
        "key": f"forward:sentry:{next(_numbers)}",
        "channel": "sentry",
        "purpose": Delivery.Purpose.FORWARD,
        "incident": incident,
        "occurrence_id": incident.last_full_id if incident else None,
        "attempts": tries,
        "expires_at": now + timedelta(days=1),
    }
    delivery = Delivery.objects.create(**{**defaults, **values})
    for number in range(1, tries + 1):
        make_attempt(delivery, number=number)
    return delivery


def make_attempt(delivery: Delivery, **values: Any) -> DeliveryAttempt:
    """Save a try that a server refused with 503."""
    now = timezone.now()
    defaults: dict[str, Any] = {
        "number": 1,
        "started_at": now - timedelta(seconds=1),
        "ended_at": now,
        "outcome": "retry",
        "status_code": 503,
        "detail": "Service Unavailable",
    }
    return DeliveryAttempt.objects.create(delivery=delivery, **{**defaults, **values})


def make_activity(incident: Incident, **values: Any) -> Activity:
    """Save that an incident opened."""
    return Activity.objects.create(
        incident=incident, **{"kind": Activity.Kind.OPENED, "data": {}, **values}
    )


def make_sweep(at: datetime | None = None) -> Heartbeat:
    """Say that somebody swept, now unless told otherwise."""
    return Heartbeat.objects.create(name="sweep", at=at or timezone.now(), host="web-1")
