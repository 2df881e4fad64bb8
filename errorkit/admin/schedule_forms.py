"""The forms of a schedule: layers with people in turns, and overrides."""

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from errorkit.admin.person_fields import PeopleField, PersonField, PersonForm, listed
from errorkit.conf import get_config
from errorkit.models import Layer, LayerMember, Override, Schedule
from errorkit.oncall.rota import Person

WEEKDAYS = [
    ("0", _("Monday")),
    ("1", _("Tuesday")),
    ("2", _("Wednesday")),
    ("3", _("Thursday")),
    ("4", _("Friday")),
    ("5", _("Saturday")),
    ("6", _("Sunday")),
]


class ScheduleForm(PersonForm):
    """A schedule; its zone is chosen from those that this machine knows."""

    people = (("fallback", "fallback_id", "fallback_label"),)

    zone = forms.ChoiceField(label=_("Time zone"), initial=timezone.get_default_timezone_name)
    fallback = PersonField(label=_("Fallback"), required=False)

    class Meta:
        model = Schedule
        fields = ("name", "zone", "handoff_notices")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A zone that has been renamed since stays what it is until somebody chooses another.
        known = available_timezones() | {self.instance.zone}
        self.fields["zone"].choices = [(name, name) for name in sorted(known)]  # type: ignore[attr-defined]


class LayerForm(forms.ModelForm):  # type: ignore[type-arg]
    """A layer with its people, one per line, in the order of their turns."""

    members = PeopleField(
        label=_("People, one per line"),
        help_text=_("Who is taken out leaves now; nobody else's turns move."),
    )
    weekdays = forms.MultipleChoiceField(
        label=_("Weekdays"), choices=WEEKDAYS, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Layer
        fields = (
            "position",
            "every",
            "unit",
            "starts_on",
            "handoff_at",
            "ends_on",
            "weekdays",
            "covers_from",
            "covers_until",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["weekdays"] = list(self.initial.get("weekdays", "0123456"))
        if self.instance.pk:
            here = self.instance.members.filter(left_at=None).values_list("user_id", "label")
            self.initial["members"] = listed(here)

    def clean_weekdays(self) -> str:
        """Return the days as they are stored."""
        return "".join(sorted(self.cleaned_data["weekdays"]))

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        if "members" in self.changed_data:
            replace_members(self.instance, self.cleaned_data["members"], timezone.now())


def replace_members(layer: Layer, people: list[Person], now: datetime) -> None:
    """Let these people take turns in this order; whoever is not among them leaves now and keeps the place, so that no turn moves."""
    members = LayerMember.objects.using(get_config().database).filter(layer=layer)
    wanted = [person.user_id for person in people]
    with transaction.atomic(using=get_config().database):
        members.filter(left_at=None).exclude(user_id__in=wanted).update(left_at=now)
        here = list(members.filter(left_at=None))
        if [member.user_id for member in here] == wanted[: len(here)]:
            # Only added to: the places before stay as they are.
            start = max((member.position for member in members), default=-1) + 1
            _add(layer, people[len(here) :], start)
            return
        members.all().delete()
        _add(layer, people, 0)


def _add(layer: Layer, people: list[Person], start: int) -> None:
    LayerMember.objects.using(get_config().database).bulk_create(
        LayerMember(layer=layer, position=position, user_id=person.user_id, label=person.label)
        for position, person in enumerate(people, start)
    )


class LayerInline(admin.StackedInline):  # type: ignore[type-arg]
    """The layers, the first one on top."""

    model = Layer
    form = LayerForm
    extra = 0
    fieldsets = (
        (None, {"fields": (("position", "every", "unit"), "members")}),
        (None, {"fields": (("starts_on", "handoff_at", "ends_on"),)}),
        (
            _("Only at certain times"),
            {"fields": ("weekdays", ("covers_from", "covers_until")), "classes": ("collapse",)},
        ),
    )


class OverrideForm(PersonForm):
    """Somebody who takes over."""

    person = PersonField()

    class Meta:
        model = Override
        fields = ("starts_at", "ends_at")

    def clean(self) -> dict[str, Any]:
        """Refuse an end before the beginning."""
        values = super().clean() or {}
        start, end = values.get("starts_at"), values.get("ends_at")
        if start and end and end <= start:
            raise forms.ValidationError(_("The override ends before it begins."))
        return values


class OverrideInline(admin.StackedInline):  # type: ignore[type-arg]
    """Overrides that are not over; one under the other, for they are often made on a phone."""

    model = Override
    form = OverrideForm
    fields = ("person", ("starts_at", "ends_at"))
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Override]:
        """Leave out what is over."""
        return super().get_queryset(request).filter(ends_at__gt=timezone.now())
