"""What the pages have in common on which people configure on-call."""

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from errorkit.admin.lookups import NarrowLookups
from errorkit.conf import get_config
from errorkit.health.liveness import find_silence


class SettingsAdmin(NarrowLookups):
    """A model that people edit; kept where errorkit keeps its tables, and with a red line while nobody sweeps."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read from the alias where errorkit keeps its tables."""
        return super().get_queryset(request).using(get_config().database)

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        """Write there as well."""
        obj.save(using=get_config().database)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list."""
        context = {"errorkit_silence": find_silence(), **(extra_context or {})}
        return super().changelist_view(request, context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form."""
        context = {"errorkit_silence": find_silence(), **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def url_of(self, page: str, *args: Any) -> str:
        """Return the URL of a page of this model in this admin site."""
        name = f"admin:errorkit_{self.opts.model_name}_{page}"
        return reverse(name, args=args, current_app=self.admin_site.name)
