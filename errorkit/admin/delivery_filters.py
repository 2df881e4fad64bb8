"""Filters of the list of deliveries."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from errorkit.models import Delivery


class DeliveryStatusFilter(admin.SimpleListFilter):
    """Where a delivery stands."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("waiting")), *Delivery.Status.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == "waiting":
            return queryset.filter(status__in=[Delivery.Status.PENDING, Delivery.Status.SENDING])
        return queryset.filter(status=value) if value else queryset
