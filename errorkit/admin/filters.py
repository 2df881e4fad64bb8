"""Filters of the lists. None of them reads a whole table: a DISTINCT over all incidents would."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from errorkit.incidents.deploys import newest_deploys
from errorkit.models import Incident
from errorkit.models.incident import URGENCY_RESTING

LEVELS = (
    ("fatal", _("fatal")),
    ("error", _("error")),
    ("warning", _("warning")),
    ("info", _("info")),
)
CAUSES = (
    ("code", _("the code")),
    ("missing", _("a missing value")),
    ("database", _("the database")),
    ("upstream", _("another service")),
    ("deserialisation", _("unreadable input")),
    ("permission", _("a permission")),
    ("configuration", _("the configuration")),
    ("resource", _("memory, disk or limits")),
)
KINDS = (
    ("request", _("request")),
    ("task", _("task")),
    ("command", _("command")),
    ("manual", _("by hand")),
)


class StatusFilter(admin.SimpleListFilter):
    """Unresolved unless somebody asks for more; a search looks at all of them."""

    title = _("status")
    parameter_name = "status"
    searching = False

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any
    ) -> None:
        self.searching = bool(request.GET.get(SEARCH_VAR, "").strip())
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("unresolved", _("unresolved")),
            *Incident.Status.choices,
            ("snoozed", _("snoozed")),
            ("all", _("all")),
        ]

    def chosen(self) -> str:
        """Return the choice in force."""
        return self.value() or ("all" if self.searching else "unresolved")

    def choices(self, changelist: ChangeList) -> Any:
        for value, title in self.lookup_choices:
            yield {
                "selected": self.chosen() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.chosen()
        if chosen == "unresolved":
            return queryset.filter(urgency__gt=0)
        if chosen == "snoozed":
            return queryset.filter(urgency=URGENCY_RESTING)
        if chosen not in Incident.Status.values:
            return queryset
        # The urgency says nothing new, but lets an index find the first rows of the list's order.
        over = chosen in {Incident.Status.RESOLVED, Incident.Status.IGNORED}
        return queryset.filter(status=chosen, **({"urgency": 0} if over else {"urgency__gt": 0}))


class ValueFilter(admin.SimpleListFilter):
    """Rows with one value in a column."""

    field = ""
    values: tuple[tuple[str, Any], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(self.values)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{self.field: value}) if value else queryset


class LevelFilter(ValueFilter):
    """How grave it is."""

    title = _("level")
    parameter_name = field = "level"
    values = LEVELS


class KindFilter(ValueFilter):
    """What failed."""

    title = _("kind")
    parameter_name = field = "kind"
    values = KINDS


class FamilyFilter(ValueFilter):
    """What kind of trouble caused it."""

    title = _("cause")
    parameter_name = field = "family"
    values = CAUSES


class NewFilter(admin.SimpleListFilter):
    """What was seen for the first time since the newest deploy of its environment."""

    title = _("new")
    parameter_name = "new"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("deploy", _("since the last deploy"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "deploy":
            return queryset
        since = Q(pk__in=[])
        for environment, at in newest_deploys().items():
            since |= Q(environment=environment, first_seen__gte=at)
        return queryset.filter(since)
