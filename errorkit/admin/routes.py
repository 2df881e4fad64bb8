"""Routes and silences: which incidents alert whom, and when nobody is alerted."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from errorkit.admin.labels import RowForm
from errorkit.admin.person_fields import PersonField, PersonForm
from errorkit.admin.settings_pages import SettingsAdmin
from errorkit.conf import get_config
from errorkit.models import Route, Silence
from errorkit.models.matching import Matcher

OFFERED = timedelta(hours=1)
CONDITIONS = ("environment", "exception", "path", "level", "owner")


class MatcherForm(PersonForm):
    """Conditions, with the owner as a person."""

    people = (("owner", "owner_id", "owner_label"),)

    owner = PersonField(label=gettext_lazy("Owner"), required=False)


def conditions_of(row: Matcher) -> str:
    """Return what a route or a silence is about, in one line; nothing where it is about everything."""
    globs = (
        (_("environment"), row.environment),
        (_("exception"), row.exception),
        (_("path"), row.path),
    )
    found = [f"{name} {glob}" for name, glob in globs if glob]
    if row.level:
        found.append(_("level {level} at least").format(level=row.level))
    if row.owner_id:
        found.append(_("owner {name}").format(name=row.owner_label))
    return ", ".join(found)


class RouteForm(MatcherForm):
    """A route."""

    class Meta:
        model = Route
        fields = (
            "name",
            "position",
            "enabled",
            "environment",
            "exception",
            "path",
            "level",
            "policy",
        )


class RouteAdmin(SettingsAdmin):
    """The first route that covers an incident decides."""

    form = RouteForm
    fieldsets = (
        (None, {"fields": ("name", "position", "enabled", "policy")}),
        (
            gettext_lazy("Only incidents with"),
            {
                "fields": CONDITIONS,
                "description": gettext_lazy("All conditions have to hold; an empty one does."),
            },
        ),
    )
    list_display = ("name", "position", "enabled", "follows", "about")
    list_editable = ("position", "enabled")
    list_select_related = ("policy",)

    @admin.display(description=gettext_lazy("policy"), ordering="policy__name")
    def follows(self, route: Route) -> str:
        """Return the policy, or what it means that there is none."""
        return str(route.policy or _("nobody is alerted"))

    @admin.display(description=gettext_lazy("only incidents with"))
    def about(self, route: Route) -> str:
        """Return the conditions."""
        return conditions_of(route) or _("all incidents")

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the form of a row, with names for its fields."""
        return super().get_changelist_form(request, form=RowForm, **kwargs)


class SilenceForm(MatcherForm):
    """A silence."""

    class Meta:
        model = Silence
        fields = (
            "reason",
            "starts_at",
            "ends_at",
            "environment",
            "exception",
            "path",
            "level",
            "incident",
        )


class SilenceAdmin(SettingsAdmin):
    """Silences are ended, not deleted: at their end open incidents alert again."""

    actions = ["end_now"]
    form = SilenceForm
    fieldsets = (
        (None, {"fields": ("reason", "starts_at", "ends_at")}),
        (gettext_lazy("Only incidents with"), {"fields": (*CONDITIONS, "incident")}),
    )
    list_display = ("reason", "about", "starts_at", "ends_at", "running", "author_label")
    list_select_related = ("incident",)
    raw_id_fields = ("incident",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Offer an hour from now: it is often asked for on a phone, in a hurry."""
        offered = {"ends_at": timezone.now().replace(second=0, microsecond=0) + OFFERED}
        return {**offered, **super().get_changeform_initial_data(request)}

    @admin.display(description=gettext_lazy("only incidents with"))
    def about(self, silence: Silence) -> str:
        """Return the conditions, or the one incident."""
        return conditions_of(silence) or str(silence.incident or _("all incidents"))

    @admin.display(description=gettext_lazy("running"), boolean=True)
    def running(self, silence: Silence) -> bool:
        """Return whether it keeps alerts back now."""
        return silence.starts_at <= timezone.now() < silence.ends_at

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An end makes the incidents heard again, which a deletion would not."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Silence | None = None) -> bool:
        """What is over stays as it was."""
        is_over = obj is not None and obj.ends_at <= timezone.now()
        return not is_over and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Silence, form: Any, change: bool) -> None:  # type: ignore[override]  # noqa: FBT001
        """Note who has asked for it."""
        if not change:
            obj.author_id, obj.author_label = str(request.user.pk)[:64], str(request.user)[:150]
        super().save_model(request, obj, form, change)

    @admin.action(description=gettext_lazy("End selected silences now"), permissions=["change"])
    def end_now(self, request: HttpRequest, queryset: QuerySet[Silence]) -> None:
        """End the silences; the next sweep alerts about what is still open."""
        silences = Silence.objects.using(get_config().database)
        ended = silences.filter(pk__in=list(queryset.values_list("pk", flat=True))).end(
            timezone.now()
        )
        self.message_user(request, _("%d ended.") % ended, messages.SUCCESS)
