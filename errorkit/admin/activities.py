"""Activities: who did what to which incident, also to those that are gone."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from errorkit.admin.base import ReviewAdmin
from errorkit.admin.cells import ago
from errorkit.admin.conditions import detail_of
from errorkit.models import Activity


class ActivityAdmin(ReviewAdmin):
    """The list of what people, and errorkit itself, did; newest first."""

    actions = None
    list_display = ("deed", "subject", "told", "who", "when")
    list_display_links = None
    list_filter = ("kind",)
    list_select_related = ("incident",)
    ordering = ("-id",)
    sortable_by = ()

    @admin.display(description=_("kind"))
    def deed(self, activity: Activity) -> str:
        """Return what was done."""
        return activity.get_kind_display()

    @admin.display(description=_("incident"))
    def subject(self, activity: Activity) -> SafeString | str:
        """Return a link to the incident, or the title of one that is gone."""
        if activity.incident is None:
            return activity.text
        url = self.url_of("change", activity.incident_id, model="incident")
        title = activity.incident.title or "–"
        return format_html('<a class="ek-clamped" href="{}">{}</a>', url, title)

    @admin.display(description=_("detail"))
    def told(self, activity: Activity) -> SafeString | str:
        """Return the beginning of what was said about it."""
        text = detail_of(activity) or (activity.text if activity.incident else "")
        return format_html('<span class="ek-clamped">{}</span>', text) if text else "–"

    @admin.display(description=_("user"))
    def who(self, activity: Activity) -> str:
        """Return who did it; nobody where errorkit itself acted."""
        return activity.actor_label or "–"

    @admin.display(description=_("when"))
    def when(self, activity: Activity) -> SafeString | str:
        """Return how long ago it was."""
        return ago(activity.at)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Lead to the list, which shows all that there is."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(self.url_of("changelist"))
