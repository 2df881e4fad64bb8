"""Filters that offer what the newest incidents hold; all of them share one query."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from errorkit.admin.filters import ValueFilter
from errorkit.conf import get_config
from errorkit.models import Incident

NEWEST = 500
OWNED = "id-"  # an id of a user might be called "me"
COLUMNS = ("environment", "last_release", "status_code", "owner_id", "owner_label")


class RecentValuesFilter(ValueFilter):
    """The values of one column among the newest incidents; all these filters share one query."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        newest = dict.fromkeys(row[COLUMNS.index(self.field)] for row in _newest_rows(request))
        values = [str(value) for value in newest if value]
        chosen = self.value()
        if chosen and chosen not in values:
            values.append(chosen)
        # One value leaves nothing to choose.
        return [(value, value) for value in values] if chosen or len(values) > 1 else []


def _newest_rows(request: HttpRequest) -> list[tuple[Any, ...]]:
    """Return the columns of the newest incidents, read once per request."""
    rows: list[tuple[Any, ...]] | None = getattr(request, "_errorkit_newest", None)
    if rows is None:
        incidents = Incident.objects.using(get_config().database).order_by("-last_seen", "-id")
        rows = list(incidents.values_list(*COLUMNS)[:NEWEST])
        request._errorkit_newest = rows  # type: ignore[attr-defined]
    return rows


class EnvironmentFilter(RecentValuesFilter):
    """Where it happened."""

    title = _("environment")
    parameter_name = field = "environment"


class ReleaseFilter(RecentValuesFilter):
    """The release that was seen last."""

    title = _("release")
    parameter_name = "release"
    field = "last_release"


class StatusCodeFilter(RecentValuesFilter):
    """What the client got."""

    title = _("HTTP status")
    parameter_name = "code"
    field = "status_code"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        if not value:
            return queryset
        return queryset.filter(status_code=int(value)) if value.isdecimal() else queryset.none()


class OwnerFilter(admin.SimpleListFilter):
    """Who looks after it."""

    title = _("owner")
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        rows = (row[-2:] for row in _newest_rows(request))
        others = {f"{OWNED}{owner}": label for owner, label in rows if owner}
        mine = f"{OWNED}{request.user.pk}"
        return [
            ("me", _("me")),
            ("nobody", _("nobody")),
            *((value, label) for value, label in others.items() if value != mine),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        owners = {"me": str(request.user.pk), "nobody": ""}
        if value in owners:
            return queryset.filter(owner_id=owners[value])
        return queryset.filter(owner_id=value.removeprefix(OWNED)) if value else queryset
