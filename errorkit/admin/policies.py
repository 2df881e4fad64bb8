"""Policies: the steps of an alert."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from errorkit.admin.labels import name_fields
from errorkit.admin.person_fields import find, listed
from errorkit.admin.settings_pages import SettingsAdmin
from errorkit.delivery.channels import aliases
from errorkit.models import EscalationPolicy, EscalationStep

Target = EscalationStep.Target


def channel_choices(*, blank: str = "") -> list[tuple[str, str]]:
    """Return the channels that are configured."""
    chosen = [(alias, alias) for alias in aliases()]
    return [("", blank), *chosen] if blank else chosen


class StepForm(forms.ModelForm):  # type: ignore[type-arg]
    """One step; what stands in `who` depends on whom the step alerts."""

    who = forms.CharField(
        label=gettext_lazy("user, group or channel"),
        required=False,
        help_text=gettext_lazy("Empty for whoever is on call"),
    )

    class Meta:
        model = EscalationStep
        fields = ("position", "target", "schedule", "wait_minutes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        step = self.instance
        if step.target_id:
            is_user = step.target == Target.USER
            self.initial["who"] = (
                listed([(step.target_id, step.target_label)]) if is_user else step.target_id
            )

    def clean(self) -> dict[str, Any]:
        """Look up whom the step alerts."""
        values = super().clean() or {}
        target, who = values.get("target"), (values.get("who") or "").strip()
        if target == Target.SCHEDULE:
            if values.get("schedule") is None:
                self.add_error("schedule", _("Choose a schedule."))
            self._alert("", "")
            return values
        values["schedule"] = None
        if (target and "who" in self.changed_data) or "target" in self.changed_data:
            self._look_up(str(target), who)
        return values

    def _look_up(self, target: str, who: str) -> None:
        try:
            if target == Target.USER:
                person = find(who)
                self._alert(person.user_id, person.label)
                return
        except forms.ValidationError as error:
            self.add_error("who", error)
            return
        known = who in aliases() if target == Target.CHANNEL else _group_exists(who)
        if not known:
            self.add_error("who", _("There is no such group or channel."))
        self._alert(who, who)

    def _alert(self, target_id: str, label: str) -> None:
        self.instance.target_id = target_id
        self.instance.target_label = label


def _group_exists(name: str) -> bool:
    return Group.objects.filter(name=name).exists()


class StepFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """The steps of a policy."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Name every field: the cells of the table have no labels of their own."""
        super().add_fields(form, index)
        name_fields(form)
        for deed in ("add", "change", "delete", "view"):
            # Four more buttons on every line would drown the line.
            setattr(form.fields["schedule"].widget, f"can_{deed}_related", False)


class StepInline(admin.TabularInline):  # type: ignore[type-arg]
    """The steps in their order."""

    model = EscalationStep
    form = StepForm
    formset = StepFormSet
    fields = ("position", "target", "schedule", "who", "wait_minutes")

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """Offer a first step; more are asked for."""
        return 0 if obj else 1


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A policy; its fallback is one of the channels."""

    fallback_channel = forms.ChoiceField(
        label=gettext_lazy("Fallback"),
        required=False,
        help_text=gettext_lazy("Where alerts go when nobody is on call or can be reached."),
    )

    class Meta:
        model = EscalationPolicy
        fields = (
            "name",
            "group_wait",
            "repeats",
            "repeat_minutes",
            "acknowledge_minutes",
            "fallback_channel",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fallback_channel"].choices = channel_choices(blank=_("mail to the fallback"))  # type: ignore[attr-defined]


class PolicyAdmin(SettingsAdmin):
    """Steps, and when they start over. What runs already keeps the plan that it began with."""

    form = PolicyForm
    inlines = (StepInline,)
    list_display = ("name", "step_count", "repeats", "repeat_minutes", "acknowledge_minutes")
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[EscalationPolicy]:
        """Read the steps of all policies at once."""
        return super().get_queryset(request).prefetch_related("steps")

    @admin.display(description=gettext_lazy("steps"))
    def step_count(self, policy: EscalationPolicy) -> int:
        """Return how many steps there are."""
        return len(policy.steps.all())
