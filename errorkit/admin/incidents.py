"""Incidents: the list people look at every day, and the page of one."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from errorkit.admin.acts import ACTS, people, snooze_choices
from errorkit.admin.base import ReviewAdmin
from errorkit.admin.bulk import ACTIONS
from errorkit.admin.filters import FamilyFilter, KindFilter, LevelFilter, NewFilter, StatusFilter
from errorkit.admin.incident_columns import IncidentColumns
from errorkit.admin.incident_list import IncidentList
from errorkit.admin.incident_page import context_of
from errorkit.admin.overview import show_overview
from errorkit.admin.recent_filters import (
    EnvironmentFilter,
    OwnerFilter,
    ReleaseFilter,
    StatusCodeFilter,
)
from errorkit.admin.verbs import VERBS, Verb
from errorkit.incidents import search, triage
from errorkit.incidents.terms import narrow, person_in
from errorkit.models import Incident


class IncidentAdmin(IncidentColumns, ReviewAdmin):
    """The list of incidents and the page of one."""

    actions = ACTIONS
    list_filter = (
        StatusFilter,
        OwnerFilter,
        EnvironmentFilter,
        ReleaseFilter,
        NewFilter,
        LevelFilter,
        KindFilter,
        FamilyFilter,
        StatusCodeFilter,
    )
    # The most urgent first, of those the newest.
    ordering = ("-urgency", "-last_seen", "-id")
    search_fields = ("title", "location")
    search_help_text = _(
        "A reference, a request or trace ID, words, or type: path: user: release: env: trace: with a value"
    )
    shows_reports = True
    page_template = "admin/errorkit/incident/page.html"

    def has_remove_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may delete incidents, which leaves an activity (see `removal`)."""
        return bool(request.user.has_perm("errorkit.delete_incident"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Narrow the list to what was typed."""
        if not search_term.strip():
            return queryset, False
        return narrow(queryset, search_term), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[IncidentList]:
        """Return the list that knows the last hours."""
        return IncidentList

    def get_urls(self) -> list[URLPattern]:
        """Add the door of the buttons, and the overview."""
        door = self.admin_site.admin_view(require_POST(self.triage_view))
        overview = self.admin_site.admin_view(partial(show_overview, self))
        return [
            path("overview/", overview, name="errorkit_overview"),
            path("<path:object_id>/triage/", door, name="errorkit_incident_triage"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list; a search that names occurrences leads straight to them."""
        typed = request.GET.get("q", "") if request.method == "GET" else ""
        if typed and self.has_view_permission(request):
            found = search.find_occurrences(typed)
            if len(found) == 1:
                return HttpResponseRedirect(self.url_of("change", found[0].pk, model="occurrence"))
            if found:
                listing = self.url_of("changelist", model="occurrence")
                return HttpResponseRedirect(f"{listing}?{urlencode({'q': typed})}")
        context = {"person": person_in(typed), "person_query": typed, **(extra_context or {})}
        return super().changelist_view(request, context)

    def triage_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Do to one incident what the pressed button says, and come back to its page."""
        incident = self.get_object(request, object_id)
        if not self.has_change_permission(request, incident):
            raise PermissionDenied
        name = request.POST.get("verb", "")
        if incident is None or name not in {*VERBS, *ACTS}:
            return HttpResponseBadRequest()
        if name in VERBS:
            _apply(self, request, VERBS[name], [incident.pk])
        elif told := ACTS[name](request, incident):
            self.message_user(request, told, messages.SUCCESS)
        else:
            self.message_user(request, _("Nothing to change."), messages.INFO)
        return HttpResponseRedirect(self.way_back(request, incident))

    def page_context(self, request: HttpRequest, row: Incident) -> dict[str, Any]:
        """Return what happened, and what may be done about it."""
        context = context_of(row, sensitive=self.may_see_sensitive(request))
        context["may_retry"] = request.user.has_perm("errorkit.change_delivery")
        if self.has_change_permission(request, row):
            context["verbs"] = [
                (name, verb) for name, verb in VERBS.items() if row.status in verb.offered
            ]
            context["people"] = people(row)
            context["is_mine"] = row.owner_id == triage.Actor.of(request.user).user_id
            context["snoozes"] = snooze_choices()
        return context


def _apply(page: IncidentAdmin, request: HttpRequest, verb: Verb, ids: list[int]) -> None:
    changed = verb.change(ids, actor=triage.Actor.of(request.user))
    if changed:
        page.message_user(request, verb.done % changed, messages.SUCCESS)
    else:
        page.message_user(request, _("Nothing to change."), messages.INFO)
