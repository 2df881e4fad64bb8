"""Schedules: who is on call now and next, and the month as a calendar."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from errorkit.admin.schedule_calendar import look, months_away, read_month, shown_weeks
from errorkit.admin.schedule_forms import WEEKDAYS, LayerInline, OverrideInline, ScheduleForm
from errorkit.admin.settings_pages import SettingsAdmin
from errorkit.conf import get_config
from errorkit.health.liveness import find_silence
from errorkit.models import Override, Schedule
from errorkit.oncall.schedules import read, schedules
from errorkit.oncall.walltime import as_instant, is_zone, zone_of


class ScheduleList(ChangeList):
    """The list, which asks the host once who of all these people is still there."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the schedules of this page."""
        super().get_results(request)
        self.result_list = read(self.result_list, timezone.now())


class ScheduleAdmin(SettingsAdmin):
    """Who is on call when."""

    form = ScheduleForm
    fields = ("name", "zone", "fallback", "handoff_notices", "next_gap")
    readonly_fields = ("next_gap",)
    inlines = (LayerInline, OverrideInline)
    list_display = ("name", "place", "on_call", "following", "next_gap", "month")
    search_fields = ("name",)
    change_form_template = "admin/errorkit/schedule/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        """Read what the list looks at in few queries."""
        return schedules(timezone.now())

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ScheduleList]:
        """Return the list of schedules."""
        return ScheduleList

    @admin.display(description=_("time zone"), ordering="zone")
    def place(self, schedule: Schedule) -> str:
        """Return the zone, and what counts where this machine does not know it (any more)."""
        if is_zone(schedule.zone):
            return schedule.zone
        return _("%s (unknown, so UTC counts)") % schedule.zone

    @admin.display(description=_("nobody on call"))
    def next_gap(self, schedule: Schedule) -> SafeString | str:
        """Return from when nobody is on call, as the sweep has found it."""
        if schedule.next_gap_at is None:
            return "–" if schedule.checked_at else str(_("not looked for yet"))
        start = as_instant(schedule.next_gap_at).astimezone(zone_of(schedule.zone))
        return format_html(
            '<strong class="ek-gap"><span class="ek-tag">{}</span> {}</strong>',
            _("nobody from"),
            f"{start:%a %d %b %H:%M}",
        )

    @admin.display(description=_("on call now"))
    def on_call(self, schedule: Schedule) -> str:
        """Return who is on call, until when."""
        present, following = look(schedule)
        if following is None:
            return present
        return f"{present} ({_('until')} {following[1]:%a %d %b %H:%M})"

    @admin.display(description=_("next"))
    def following(self, schedule: Schedule) -> SafeString | str:
        """Return who comes next; on a phone, where the columns have no heads, it says so."""
        following = look(schedule)[1]
        if following is None:
            return "–"
        return format_html('<span class="ek-tag">{}</span> {}', _("then"), following[0])

    @admin.display(description=_("calendar"))
    def month(self, schedule: Schedule) -> SafeString:
        """Return the way to the month."""
        url = self.url_of("calendar", schedule.pk)
        return format_html('<a href="{}">{}</a>', url, _("This month"))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form, with all its times in the schedule's own zone: those of overrides, too."""
        with timezone.override(zone_of(self._zone_name(request, object_id))):
            response = super().changeform_view(request, object_id, form_url, extra_context)
            return response.render() if isinstance(response, TemplateResponse) else response

    def _zone_name(self, request: HttpRequest, object_id: str | None) -> str:
        """Return the zone as it is stored, for that is what the times were shown in; for a new schedule as it is chosen."""
        stored = self.get_object(request, unquote(object_id)) if object_id else None
        chosen = stored.zone if stored else request.POST.get("zone")
        return str(chosen or timezone.get_default_timezone_name())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001
        """Note who has made an override."""
        for row in formset.save(commit=False):
            if isinstance(row, Override) and not row.created_by:
                row.created_by = str(request.user)[:150]
            row.save()
        formset.save()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        """Have the sweep look at the schedule anew."""
        super().save_related(request, form, formsets, change)
        mine = Schedule.objects.using(get_config().database).filter(pk=form.instance.pk)
        mine.update(next_change_at=None, checked_at=None)

    def get_urls(self) -> list[URLPattern]:
        """Add the calendar."""
        page = self.admin_site.admin_view(self.calendar_view)
        return [
            path("<int:pk>/calendar/", page, name="errorkit_schedule_calendar"),
            *super().get_urls(),
        ]

    def calendar_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a month; `?month=2026-03`, else this one."""
        schedule = next(iter(read(schedules().filter(pk=pk), timezone.now())), None)
        if not self.has_view_permission(request, schedule):
            raise PermissionDenied
        if schedule is None:
            raise Http404
        today = as_instant(timezone.now()).astimezone(zone_of(schedule.zone)).date()
        first = read_month(request.GET.get("month", ""), today)
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": f"{schedule}: {first:%Y-%m}",
            "opts": self.opts,
            "original": schedule,
            "weekdays": [name for _number, name in WEEKDAYS],
            "weeks": shown_weeks(schedule, first),
            "month": first,
            "today": today,
            "before": months_away(first, -1),
            "after": months_away(first, 1),
            "errorkit_silence": find_silence(),
        }
        return TemplateResponse(request, "admin/errorkit/schedule/calendar.html", context)
