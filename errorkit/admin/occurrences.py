"""Occurrences: found by what the client was told, whether they are digested or not."""

import re
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from errorkit.admin.base import ReviewAdmin
from errorkit.admin.cells import ago
from errorkit.admin.delivery_views import view_deliveries
from errorkit.admin.facts import view_failure
from errorkit.conf import get_config
from errorkit.incidents import search
from errorkit.incidents.audit import note_view
from errorkit.incidents.feedback import feedback_about
from errorkit.incidents.terms import person_in, user_ids_of
from errorkit.models import Delivery, Occurrence

SHOWN = 25
PLAIN_NUMBER = re.compile(r"[0-9]{1,18}")  # what fits into the column


def _neighbours(occurrence: Occurrence) -> dict[str, UUID | None]:
    """Return the ids before and after it in the same incident."""
    if occurrence.incident_id is None:
        return {"previous": None, "next": None}
    rows = Occurrence.objects.using(get_config().database).of_incident(occurrence.incident_id)
    keys = rows.values_list("pk", flat=True)
    before, after = keys.filter(pk__lt=occurrence.pk), keys.filter(pk__gt=occurrence.pk)
    return {"previous": before.first(), "next": after.reverse().first()}


def _until_newest_of(incident: str, rows: Any) -> QuerySet[Any]:
    """Let a list of one incident begin where that was last seen."""
    number = PLAIN_NUMBER.fullmatch(incident)
    begun: QuerySet[Any] = rows.until_newest_of(int(incident)) if number else rows
    return begun


def _deliveries_of(occurrence: Occurrence) -> QuerySet[Delivery]:
    """Return where the report of this very occurrence went, the newest first."""
    rows = Delivery.objects.using(get_config().database).filter(occurrence_id=occurrence.pk)
    return rows.prefetch_related("tries").order_by("-id")[:SHOWN]


class OccurrenceAdmin(ReviewAdmin):
    """The list of what was recorded, newest first, and the page of one failed request."""

    actions = None
    linked = ("incident__id__exact",)
    list_display = ("name", "what", "request_line", "request_id", "who", "when")
    ordering = ("-id",)
    # Searching is by exact look-up only: free text over millions of rows would read them all.
    search_fields = ("reference",)
    search_help_text = _("A reference, a request or trace ID, or user: with a name, address or id")
    sortable_by = ()
    shows_reports = True
    page_template = "admin/errorkit/occurrence/page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave the payload where it is until one row is opened."""
        queryset = super().get_queryset(request)
        if request.resolver_match is not None and request.resolver_match.kwargs:
            return queryset
        return _until_newest_of(request.GET.get(self.linked[0], ""), queryset).defer("payload")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return exactly the occurrences that the text names."""
        if not search_term.strip():
            return queryset, False
        person = person_in(search_term)
        if person:
            return queryset.filter(user_id__in=user_ids_of(person)), False
        found = [each.pk for each in search.find_occurrences(search_term)]
        return queryset.filter(pk__in=found), False

    @admin.display(description=_("reference"))
    def name(self, occurrence: Occurrence) -> SafeString:
        """Return the reference."""
        return format_html('<code class="ek-reference">{}</code>', occurrence.reference)

    @admin.display(description=_("what"))
    def what(self, occurrence: Occurrence) -> SafeString:
        """Return the title with the place below it."""
        return format_html(
            '<span class="ek-title">{}</span> <span class="ek-where">{}</span>',
            occurrence.title,
            occurrence.location,
        )

    @admin.display(description=_("request"))
    def request_line(self, occurrence: Occurrence) -> str:
        """Return method and path, or the kind where there was no request."""
        return f"{occurrence.method} {occurrence.path}".strip() or occurrence.kind

    @admin.display(description=_("user"))
    def who(self, occurrence: Occurrence) -> str:
        """Return who was logged in."""
        return occurrence.user_label or occurrence.user_id or "–"

    @admin.display(description=_("when"))
    def when(self, occurrence: Occurrence) -> SafeString | str:
        """Return how long ago it happened."""
        return ago(occurrence.occurred_at)

    def get_urls(self) -> list[URLPattern]:
        """Add the address that a reference has for ever, and the raw report."""
        view = self.admin_site.admin_view
        return [
            path(
                "by-reference/<str:reference>/",
                view(self.by_reference_view),
                name="errorkit_occurrence_by_reference",
            ),
            path("<uuid:pk>/json/", view(self.json_view), name="errorkit_occurrence_json"),
            *super().get_urls(),
        ]

    def by_reference_view(self, request: HttpRequest, reference: str) -> HttpResponse:
        """Lead to the occurrence of that reference, or to the list where several share it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = search.find_occurrences(reference)
        if len(found) == 1:
            return HttpResponseRedirect(self.url_of("change", found[0].pk))
        return HttpResponseRedirect(f"{self.url_of('changelist')}?{urlencode({'q': reference})}")

    def json_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Return the stored report as it is."""
        if not (self.has_view_permission(request) and self.may_see_sensitive(request)):
            raise PermissionDenied
        occurrence = self.get_object(request, str(pk))
        if occurrence is None or not occurrence.payload:
            raise Http404
        note_view(request.user, occurrence)
        return HttpResponse(occurrence.payload, content_type="application/json")

    def page_context(self, request: HttpRequest, row: Occurrence) -> dict[str, Any]:
        """Return the report as people read it."""
        return {
            **_neighbours(row),
            "title": row.title,
            "occurrence": row,
            "incident": row.incident,
            "times_seen": f"{row.incident.times_seen:,}" if row.incident else "",
            "feedback": [(each, ago(each.at)) for each in feedback_about(row)],
            "deliveries": view_deliveries(_deliveries_of(row)),
            "may_retry": request.user.has_perm("errorkit.change_delivery"),
            "person_query": f'user:"{row.user_id}"',
            "when": ago(row.occurred_at),
            "failure": view_failure(row, sensitive=self.may_see_sensitive(request)),
        }
