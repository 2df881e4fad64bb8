"""What bulk actions ask before they do anything: a release, a time, a person, or whether one is sure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from errorkit.admin.acts import LONGEST_RELEASE, SNOOZES, clean_release, people, snooze_choices
from errorkit.incidents import care, triage
from errorkit.incidents.removal import remove
from errorkit.incidents.triage import Actor

USUAL = "usual"
MORE = {"more-10": 10, "more-100": 100, "more-1000": 1_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A deed that wants an answer: what is asked, and what is done with it to which incidents."""

    label: Any
    button: Any
    field: Callable[[], forms.Field]
    act: Callable[[list[int], Any, Actor], int]
    done: Any
    permission: str = "change"


class ReleaseField(forms.CharField):
    """A release as it is stored."""

    def clean(self, value: Any) -> str:
        """Return the release; raises ValidationError."""
        release = clean_release(super().clean(value))
        if not release:
            raise forms.ValidationError(_("This cannot be a release."))
        return release


def _ask_owner() -> forms.Field:
    choices = [("", _("nobody")), *((each.user_id, each.label) for each in people())]
    return forms.ChoiceField(label=_("Owner"), choices=choices, required=False)


def _ask_rest() -> forms.Field:
    more = [(name, _("%d more occurrences") % number) for name, number in MORE.items()]
    choices = [*snooze_choices(), *more, (USUAL, _("as long as it is as usual"))]
    return forms.ChoiceField(label=_("Alert nobody for"), choices=choices)


def _assign(ids: list[int], user_id: str, actor: Actor) -> int:
    owner = next((each for each in people() if each.user_id == user_id), care.NOBODY)
    return care.assign(ids, owner=owner, actor=actor)


def _snooze(ids: list[int], how: str, actor: Actor) -> int:
    if how == USUAL:
        return care.snooze_while_usual(ids, actor=actor)
    if how in MORE:
        return care.snooze_for_more(ids, more=MORE[how], actor=actor)
    until = timezone.now() + SNOOZES.get(how, timedelta(hours=1))
    return care.snooze(ids, until=until, actor=actor)


def _resolve(ids: list[int], release: str, actor: Actor) -> int:
    return triage.resolve(ids, actor=actor, release=release)


def _remove(ids: list[int], sure: bool, actor: Actor) -> int:  # noqa: FBT001 - the answer of a form
    return remove(ids, actor=actor) if sure else 0


QUESTIONS = {
    "resolve_in_release": Question(
        label=_("Resolve selected incidents in a release"),
        button=_("Resolve in release"),
        field=lambda: ReleaseField(label=_("Mended in release"), max_length=LONGEST_RELEASE),
        act=_resolve,
        done=ngettext_lazy("%d incident resolved.", "%d incidents resolved."),
    ),
    "snooze": Question(
        label=_("Snooze selected incidents"),
        button=_("Snooze"),
        field=_ask_rest,
        act=_snooze,
        done=ngettext_lazy("%d incident rests.", "%d incidents rest."),
    ),
    "assign": Question(
        label=_("Assign selected incidents"),
        button=_("Assign"),
        field=_ask_owner,
        act=_assign,
        done=ngettext_lazy("%d incident assigned.", "%d incidents assigned."),
    ),
    "remove": Question(
        label=_("Delete selected incidents"),
        button=_("Delete"),
        field=lambda: forms.BooleanField(label=_("Delete them for ever, with all their reports")),
        act=_remove,
        done=ngettext_lazy("%d incident deleted.", "%d incidents deleted."),
        permission="remove",
    ),
}
