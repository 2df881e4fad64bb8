"""The overview: one page that says where the site stands. Read-only; the page's script draws its tables."""

from datetime import datetime
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from errorkit.admin.cells import ago
from errorkit.admin.stacks import charts_of
from errorkit.health import look, problems_of
from errorkit.health.liveness import find_silence
from errorkit.health.summary import summary_of
from errorkit.incidents.overview import MOST, Overview, look_over
from errorkit.oncall.duty import on_call_now

SPANS = (1, 7, 30, 90)
SCHEDULES = 6


def show_overview(page: "ModelAdmin[Any]", request: HttpRequest) -> HttpResponse:
    """Answer with the page; `days` is one of 1, 7, 30 and 90."""
    if not page.has_view_permission(request):
        raise PermissionDenied
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(span) for span in SPANS} else SPANS[0]
    now = timezone.now()
    overview, facts = look_over(now=now, days=days), look(totals=False)
    request.current_app = page.admin_site.name
    context = {
        **page.admin_site.each_context(request),
        **_shown(overview),
        **_on_call(now),
        "title": _("Overview"),
        "opts": page.opts,
        "days": days,
        "spans": SPANS,
        "charts": charts_of(overview, daily=days > 1),
        "problems": problems_of(facts),
        "health": summary_of(facts),
        "errorkit_silence": find_silence(),
    }
    return TemplateResponse(request, "admin/errorkit/overview.html", context)


def _on_call(now: datetime) -> dict[str, Any]:
    """Return who is on call, where nobody is first, and how many schedules are left out."""
    duties = sorted(on_call_now(now), key=lambda duty: duty.person is not None)
    return {"on_call": duties[:SCHEDULES], "more_schedules": max(len(duties) - SCHEDULES, 0)}


def _shown(overview: Overview) -> dict[str, Any]:
    """Return the numbers and rows as people read them."""
    more = "+" if overview.unresolved >= MOST else ""
    return {
        "overview": overview,
        "failures": f"{overview.failures:,}",
        "unresolved": f"{overview.unresolved:,}{more}",
        "error_rate": _share(overview.error_rate),
        "top": [(each, f"{each.count:,}") for each in overview.top],
        "opened": [(each, ago(each.first_seen)) for each in overview.opened],
        "regressed": [(each.incident, ago(each.at)) for each in overview.regressed],
        "deploys": [(each, ago(each.deploy.at)) for each in overview.deploys],
        "pace": [
            (_("Time to acknowledge"), _span(overview.pace.acknowledge)),
            (_("Time to resolve"), _span(overview.pace.resolve)),
        ],
    }


def _share(rate: float | None) -> str:
    """Return a share as people say it; empty where nobody knows."""
    if rate is None:
        return ""
    return _("%s %%") % number_format(rate * 100, decimal_pos=2)


def _span(seconds: float | None) -> str:
    """Return a time as people say it."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return _("under a minute")
    minutes = round(seconds / 60)
    if minutes < 120:
        return _("%d min") % minutes
    hours = round(minutes / 60)
    return _("%d h") % hours if hours < 48 else _("%d days") % round(hours / 24)
