"""Alerts: the steps of each, who was told by which delivery, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timeuntil
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from errorkit.admin.base import ReviewAdmin
from errorkit.admin.cells import ago, badge
from errorkit.conf import get_config
from errorkit.models import Alert, Delivery, EscalationStep, Schedule
from errorkit.models.transitions import ESCALATED, LAPSED, Transition
from errorkit.oncall.plans import Plan, Step
from errorkit.oncall.walltime import as_instant

REASONS = {
    **dict(Transition.choices),
    ESCALATED: _("still not acknowledged"),
    LAPSED: _("acknowledgement expired"),
}
MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A step of the alert's plan; `at` is when it will run, for the one that is next."""

    number: int
    target: str
    wait: int
    at: datetime | None


class AlertAdmin(ReviewAdmin):
    """What became of each opening of an incident: read-only, people act on the incident."""

    list_display = ("title", "state", "policy", "reason", "next_step", "told", "began")
    list_display_links = ("title",)
    list_filter = ("status", "policy")
    list_select_related = ("incident", "silence")
    ordering = ("-id",)
    sortable_by = ()
    page_template = "admin/errorkit/alert/page.html"

    @admin.display(description=_("incident"))
    def title(self, alert: Alert) -> str:
        """Return what failed."""
        return alert.incident.title

    @admin.display(description=_("status"))
    def state(self, alert: Alert) -> SafeString:
        """Return the status as a badge."""
        return state_of(alert)

    @admin.display(description=_("because"))
    def reason(self, alert: Alert) -> str:
        """Return what began the alert."""
        return str(REASONS.get(alert.transition, alert.transition))

    @admin.display(description=_("next step"))
    def next_step(self, alert: Alert) -> SafeString | str:
        """Return which step comes next, and when."""
        if alert.next_step_at is None:
            return "–"
        return format_html(
            '{} <time datetime="{}" title="{}">{}</time>',
            gettext("step {number}").format(number=alert.step + 1),
            alert.next_step_at.isoformat(timespec="seconds"),
            date_format(timezone.localtime(as_instant(alert.next_step_at)), "DATETIME_FORMAT"),
            _in(alert.next_step_at),
        )

    @admin.display(description=_("last told"))
    def told(self, alert: Alert) -> SafeString | str:
        """Return when somebody was last told."""
        return ago(alert.told_at)

    @admin.display(description=_("since"))
    def began(self, alert: Alert) -> SafeString | str:
        """Return when it began."""
        return ago(alert.created_at)

    def page_context(self, request: HttpRequest, row: Alert) -> dict[str, Any]:
        """Return the steps of the plan, and what was owed for them."""
        owed = Delivery.objects.using(get_config().database).filter(
            incident=row.incident_id, generation=row.generation, purpose=Delivery.Purpose.ALERT
        )
        deliveries = list(owed.select_related("digest").order_by("pk")[:MOST])
        for delivery in deliveries:
            delivery.why = REASONS.get(delivery.transition, delivery.transition)  # type: ignore[attr-defined]
            delivery.number = None if delivery.step is None else delivery.step + 1  # type: ignore[attr-defined]
        return {
            "title": row.incident.title,
            "badge": state_of(row),
            "because": self.reason(row),
            "steps": _steps_of(row),
            "deliveries": deliveries,
        }


def state_of(alert: Alert) -> SafeString:
    """Return the status as a badge; one that a silence keeps back says so."""
    if alert.status == Alert.Status.RUNNING and alert.silence_id:
        return badge("acknowledged", gettext("silenced"))
    kind = "open" if alert.status == Alert.Status.RUNNING else alert.status
    return badge(kind, alert.get_status_display())


def _in(moment: datetime) -> str:
    """Return in how long that is, in words."""
    now = timezone.now()
    if moment <= now:
        return gettext("now")
    return gettext("in {time}").format(time=timeuntil(moment, now, depth=1))


def _steps_of(alert: Alert) -> list[PlannedStep]:
    try:
        steps = Plan.from_json(alert.plan).steps
    except (TypeError, KeyError):
        return []
    return [
        PlannedStep(
            number=place + 1,
            target=_target_of(step),
            wait=step.wait,
            at=alert.next_step_at if place == alert.step else None,
        )
        for place, step in enumerate(steps)
    ]


def _target_of(step: Step) -> str:
    kinds = dict(EscalationStep.Target.choices)
    name = step.label or step.id
    if step.target == "schedule":
        schedules = Schedule.objects.using(get_config().database).filter(pk=step.id)
        name = schedules.values_list("name", flat=True).first() or f"#{step.id}"
    return f"{kinds.get(step.target, step.target)}: {name}"
