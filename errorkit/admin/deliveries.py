"""Deliveries: what had to leave, where to, and every try."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django.views.decorators.http import require_POST

from errorkit.admin.cells import ago, badge
from errorkit.admin.channels import ChannelPages
from errorkit.admin.delivery_filters import DeliveryStatusFilter
from errorkit.admin.delivery_views import view_deliveries
from errorkit.incidents.redelivery import redeliver, replay
from errorkit.incidents.triage import Actor
from errorkit.models import Delivery

Again = Callable[..., int]
SENT_AGAIN = ngettext_lazy(
    "%d delivery will be sent again in a moment.", "%d deliveries will be sent again in a moment."
)


class DeliveryAdmin(ChannelPages):
    """The outbox as people read it."""

    actions = ["retry", "replay"]
    list_display = ("number", "channel", "purpose", "state", "about", "attempts", "owed")
    list_filter = (DeliveryStatusFilter, "purpose")
    list_select_related = ("incident",)
    ordering = ("-id",)
    sortable_by = ()
    change_list_template = "admin/errorkit/delivery/change_list.html"
    page_template = "admin/errorkit/delivery/page.html"

    @admin.display(description=_("delivery"))
    def number(self, delivery: Delivery) -> str:
        """Return what tells deliveries apart."""
        return f"#{delivery.pk}"

    @admin.display(description=_("status"))
    def state(self, delivery: Delivery) -> SafeString:
        """Return the status as a badge."""
        return badge(delivery.status, delivery.get_status_display())

    @admin.display(description=_("incident"))
    def about(self, delivery: Delivery) -> SafeString:
        """Return the title of its incident, and below it the upstream id, or why there is none."""
        title = delivery.incident.title if delivery.incident else ""
        return format_html(
            '<span class="ek-clamped">{}</span> <span class="ek-below ek-clamped">{}</span>',
            title or "–",
            delivery.upstream_id or delivery.last_error or delivery.reason,
        )

    @admin.display(description=_("owed since"))
    def owed(self, delivery: Delivery) -> SafeString | str:
        """Return since when it has been owed."""
        return ago(delivery.created_at)

    @admin.action(description=_("Send selected deliveries again"), permissions=["change"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Make the selected deliveries that did not arrive due again."""
        self._send_again(request, redeliver, list(queryset.values_list("pk", flat=True)))

    @admin.action(description=_("Replay selected forwards"), permissions=["change"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Send the selected forwards that were accepted once more."""
        self._send_again(request, replay, list(queryset.values_list("pk", flat=True)))

    def get_urls(self) -> list[URLPattern]:
        """Add the doors of the buttons."""
        doors = {"retry": redeliver, "replay": replay}
        return [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(require_POST(partial(self.again_view, change))),
                name=f"errorkit_delivery_{name}",
            )
            for name, change in doors.items()
        ] + super().get_urls()

    def again_view(self, change: Again, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send one delivery again, and go to where it is shown."""
        delivery = self.get_object(request, object_id)
        if not self.has_change_permission(request, delivery):
            raise PermissionDenied
        if delivery is None:
            return HttpResponseBadRequest()
        self._send_again(request, change, [delivery.pk])
        if delivery.incident_id is None:
            return HttpResponseRedirect(self.url_of("change", delivery.pk))
        page = self.url_of("change", delivery.incident_id, model="incident")
        return HttpResponseRedirect(f"{page}#deliveries")

    def _send_again(self, request: HttpRequest, change: Again, ids: list[int]) -> None:
        number = change(ids, actor=Actor.of(request.user))
        if number:
            self.message_user(request, SENT_AGAIN % number, messages.SUCCESS)
        else:
            self.message_user(request, _("Nothing to send again."), messages.INFO)

    def page_context(self, request: HttpRequest, row: Delivery) -> dict[str, Any]:
        """Return the delivery with its tries, in the shape the incident page uses."""
        return {
            "title": f"#{row.pk}",
            "incident": row.incident,
            "deliveries": view_deliveries([row], opened=True),
            "may_retry": self.has_change_permission(request),
        }
