"""What all of errorkit's admin pages have in common: they show and never edit."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from errorkit.admin.keyset import KeysetList
from errorkit.admin.lookups import NarrowLookups
from errorkit.admin.paginator import BoundedPaginator
from errorkit.conf import get_config
from errorkit.health.liveness import find_silence
from errorkit.incidents.audit import note_view


class ReviewAdmin(NarrowLookups):
    """A model that the flow owns: people read it, and change it only through the actions it offers."""

    actions_on_top = True
    list_per_page = 50
    list_max_show_all = 0
    paginator = BoundedPaginator
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    page_template = ""
    shows_reports = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read from the alias where errorkit keeps its tables."""
        return super().get_queryset(request).using(get_config().database)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetList]:
        """Return the list that needs no offset."""
        return KeysetList

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is added by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Retention deletes, people do not."""
        return False

    def may_see_sensitive(self, request: HttpRequest) -> bool:
        """Return whether this person may see bodies, headers and local variables."""
        return bool(request.user.has_perm("errorkit.view_sensitive"))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with a red line while nobody sweeps."""
        context = {
            "title": str(self.opts.verbose_name_plural).capitalize(),
            "errorkit_silence": find_silence(),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one row on a page of its own; there is no form to save."""
        row = self.get_object(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            return self._say_it_is_gone(request, object_id)
        if self.shows_reports and self.may_see_sensitive(request):
            note_view(request.user, row)
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": str(row),
            "opts": self.opts,
            "original": row,
            "preserved_filters": self.get_preserved_filters(request),
            "may_change": self.has_change_permission(request, row),
            "may_see_sensitive": self.may_see_sensitive(request),
            "errorkit_silence": find_silence(),
            **self.page_context(request, row),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.page_template, context)

    def _say_it_is_gone(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("There is no %(name)s “%(id)s” any more.")
        values = {"name": self.opts.verbose_name, "id": object_id[:64]}
        self.message_user(request, text % values, messages.WARNING)
        return HttpResponseRedirect(self.url_of("changelist"))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the page itself: it shows the activity that errorkit keeps."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(self.url_of("change", object_id))

    def way_back(self, request: HttpRequest, row: Model) -> str:
        """Return the URL of the page of a row, which keeps in mind how the list was narrowed that led there."""
        filters = self.get_preserved_filters(request)
        url = self.url_of("change", row.pk)
        return f"{url}?{filters}" if filters else url

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return what the page of one row needs besides the row."""
        return {}

    def url_of(self, page: str, *args: Any, model: str = "") -> str:
        """Return the URL of a page of this admin site, of this model unless another is named."""
        name = f"admin:errorkit_{model or self.opts.model_name}_{page}"
        return reverse(name, args=args, current_app=self.admin_site.name)
