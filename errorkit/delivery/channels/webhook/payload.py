"""What is posted: versioned JSON, as the specification of Standard Webhooks structures it."""

from datetime import UTC
from typing import Any

from errorkit.delivery.channels.base import DeliveryContext, Notice
from errorkit.reports.report import Report

VERSION = 1


def make_payload(report: Report, context: DeliveryContext, *, whole: bool) -> dict[str, Any]:
    """Return what is posted; `whole` says whether the report itself goes along."""
    if context.notice:
        return _announcement(report, context, context.notice)
    data: dict[str, Any] = {
        "v": VERSION,
        "key": context.key,
        "transition": context.transition,
        "light_before": context.light_before,
        "acknowledge_url": context.acknowledge_url,
        "incident": _incident(context),
        "occurrence": _occurrence(report),
    }
    if whole:
        data["report"] = report.to_plain()
    return {
        "type": f"{'occurrence' if context.purpose == 'forward' else 'incident'}.{_event(context)}",
        "timestamp": report.occurred_at.astimezone(UTC).isoformat(),
        "data": data,
    }


def _announcement(report: Report, context: DeliveryContext, notice: Notice) -> dict[str, Any]:
    """Return what is about no single incident, in the words that people read elsewhere."""
    return {
        "type": f"oncall.{notice.kind}",
        "timestamp": report.occurred_at.astimezone(UTC).isoformat(),
        "data": {
            "v": VERSION,
            "key": context.key,
            "subject": notice.subject,
            "facts": [{"label": label, "value": value} for label, value in notice.facts],
            "url": notice.url,
            "acknowledge_url": context.acknowledge_url,
        },
    }


def _event(context: DeliveryContext) -> str:
    return "recorded" if context.purpose == "forward" else context.transition or context.purpose


def _incident(context: DeliveryContext) -> dict[str, Any] | None:
    incident = context.incident
    if incident is None:
        return None
    return {
        "id": incident.id,
        "title": incident.title,
        "location": incident.location,
        "status": incident.status,
        "level": incident.level,
        "environment": incident.environment,
        "generation": incident.generation,
        "times_seen": incident.times_seen,
        "first_seen": incident.first_seen.astimezone(UTC).isoformat(),
        "last_seen": incident.last_seen.astimezone(UTC).isoformat(),
        "url": incident.url,
    }


def _occurrence(report: Report) -> dict[str, Any]:
    request = report.request
    return {
        "id": str(report.id),
        "reference": report.reference,
        "title": report.title,
        "location": report.location,
        "kind": report.kind,
        "level": report.level,
        "environment": report.environment,
        "release": report.release,
        "server": report.server,
        "status": report.status,
        "request_id": report.request_id,
        "trace_id": report.trace_id,
        "method": request.method if request else "",
        "route": request.route if request else "",
        "path": request.path if request else "",
    }
