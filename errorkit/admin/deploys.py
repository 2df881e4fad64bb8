"""Deploys: what was put into operation when."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from errorkit.admin.base import ReviewAdmin
from errorkit.admin.cells import ago
from errorkit.models import Deploy


class DeployAdmin(ReviewAdmin):
    """The list of deploys; `errorkit_deploy` and the API write them."""

    actions = None
    list_display = ("release", "environment", "when", "actor_label")
    list_display_links = None
    list_filter = ("environment",)
    ordering = ("-at", "-id")
    sortable_by = ()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Lead to the list, which shows all that there is to a deploy."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(self.url_of("changelist"))

    @admin.display(description=_("at"))
    def when(self, deploy: Deploy) -> SafeString | str:
        """Return how long ago it was."""
        return ago(deploy.at)
