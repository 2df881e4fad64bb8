"""PagerDuty Events v2: trigger, acknowledge and resolve, under one key per opening of an incident.

Source: https://developer.pagerduty.com/docs/events-api-v2-overview
"""

import json
from datetime import UTC, datetime
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage

from errorkit.delivery.channels.answers import classify
from errorkit.delivery.channels.base import Channel, DeliveryContext, Outcome, Result
from errorkit.delivery.http import Client, problem_of
from errorkit.delivery.messages import one_line
from errorkit.reports.report import Report

URL = "https://events.pagerduty.com/v2/enqueue"
SUMMARY_LENGTH = 1024
SEVERITIES = {"fatal": "critical", "error": "error", "warning": "warning", "info": "info"}
ACTIONS = {"acknowledged": "acknowledge", "resolved": "resolve", "ignored": "resolve"}


class PagerDutyChannel(Channel):
    """Open an alert when an incident opens or regresses; acknowledge and resolve it as people do here.

    OPTIONS: `ROUTING_KEY` (the 32 characters of an Events v2 integration), `URL`.
    """

    follows = True
    # Each opening is an alert of its own there, and storms are its business.
    reads_notices = False

    def __init__(self, alias: str, *, routing_key: str, url: str = URL) -> None:
        super().__init__(alias)
        if not routing_key:
            raise ValueError("ROUTING_KEY must not be empty")
        self.routing_key = str(routing_key)
        self.url = url
        self.secrets = (self.routing_key,)
        self.client = Client()

    def check(self) -> list[CheckMessage]:
        """E112: the routing key or the URL cannot be right."""
        problem = problem_of(self.url)
        if len(self.routing_key) != 32 or not self.routing_key.isalnum():
            problem = "ROUTING_KEY must be the 32 characters of an Events v2 integration"
        if problem is None:
            return []
        text = f"ERRORKIT['CHANNELS'][{self.alias!r}]: {problem}."
        return [checks.Error(text, hint="Correct its OPTIONS.", id="errorkit.E112")]

    def send(self, report: Report, context: DeliveryContext) -> Outcome:
        """POST one event; 202 is accepted, and the service's own 400 is final."""
        now = datetime.now(UTC)
        body = json.dumps(self._event(report, context), allow_nan=False).encode()
        answer = self.client.post(self.url, body, {"Content-Type": "application/json"})
        outcome = classify(answer, now)
        if outcome.result is not Result.ACCEPTED:
            return outcome
        said = answer.json()
        if not isinstance(said, dict) or said.get("status") != "success":
            return Outcome(
                result=Result.TEMPORARY,
                detail=f"the answer is not PagerDuty's: {answer.excerpt()}",
                status_code=answer.status,
            )
        return Outcome(
            result=Result.ACCEPTED,
            status_code=answer.status,
            upstream_id=str(said.get("dedup_key", "")),
        )

    def _event(self, report: Report, context: DeliveryContext) -> dict[str, Any]:
        event: dict[str, Any] = {
            "routing_key": self.routing_key,
            "event_action": ACTIONS.get(context.transition, "trigger"),
            "dedup_key": dedup_key(report, context),
        }
        if event["event_action"] == "trigger":
            event |= {"payload": _payload(report, context), "client": "errorkit"}
            if context.incident and context.incident.url:
                link = {"href": context.incident.url, "text": report.reference}
                event |= {"client_url": context.incident.url, "links": [link]}
        return event


def dedup_key(report: Report, context: DeliveryContext) -> str:
    """Return the alert's key: a resolved alert cannot be opened again, so each opening has its own."""
    incident = context.incident
    if incident is None:
        return f"errorkit:{report.environment}:{report.id.hex}"
    return f"errorkit:{incident.environment}:{incident.id}:{context.generation}"


def _payload(report: Report, context: DeliveryContext) -> dict[str, Any]:
    incident = context.incident
    details = {
        "reference": report.reference,
        "request_id": report.request_id,
        "release": report.release,
        "environment": report.environment,
        "times_seen": incident.times_seen if incident else None,
        "route": report.request.route if report.request else "",
    }
    return {
        "summary": one_line(f"[{report.environment}] {report.title}")[:SUMMARY_LENGTH],
        "source": report.server or "errorkit",
        "severity": SEVERITIES.get(report.level, "error"),
        "timestamp": report.occurred_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "component": report.location,
        "group": report.environment,
        "custom_details": {name: value for name, value in details.items() if value},
    }
