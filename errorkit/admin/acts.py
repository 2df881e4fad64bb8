"""What the forms of an incident's page do besides changing its status."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from errorkit.incidents import care, merging, triage
from errorkit.incidents.comments import comment
from errorkit.incidents.feedback import read_feedback
from errorkit.incidents.triage import Actor
from errorkit.models import Incident

MOST_PEOPLE = 200
LONGEST_COMMENT = 10_000
LONGEST_RELEASE = 128
MOST_MORE = 1_000_000
SNOOZES = {"1": timedelta(hours=1), "24": timedelta(days=1), "168": timedelta(days=7)}


def people(incident: Incident | None = None) -> list[Actor]:
    """Return who an incident can be given to: active staff, where the site's users know such a thing, and whoever has it already."""
    model = get_user_model()
    users = model._default_manager.order_by(model.USERNAME_FIELD)
    for name in ("is_active", "is_staff"):
        if _has_field(name):
            users = users.filter(**{name: True})
    found = {each.user_id: each for each in map(Actor.of, users[:MOST_PEOPLE])}
    if incident is not None and incident.owner_id:
        # Or the form would take it from somebody who is not in the list.
        owner = Actor(user_id=incident.owner_id, label=incident.owner_label)
        found.setdefault(owner.user_id, owner)
    return sorted(found.values(), key=lambda each: each.label)


def _has_field(name: str) -> bool:
    try:
        get_user_model()._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def _comment(request: HttpRequest, incident: Incident) -> str:
    text = request.POST.get("text", "").replace("\x00", "").strip()[:LONGEST_COMMENT]
    if not text:
        return ""
    comment(incident.pk, actor=Actor.of(request.user), text=text)
    return _("Your comment is saved.")


def _assign(request: HttpRequest, incident: Incident) -> str:
    wanted = request.POST.get("owner", "")
    owner = next((each for each in people(incident) if each.user_id == wanted), care.NOBODY)
    if wanted and owner is care.NOBODY:
        return ""
    if not care.assign([incident.pk], owner=owner, actor=Actor.of(request.user)):
        return ""
    return _("%s looks after it.") % owner.label if wanted else _("Nobody looks after it now.")


def _take(request: HttpRequest, incident: Incident) -> str:
    me = Actor.of(request.user)
    changed = care.assign([incident.pk], owner=me, actor=me)
    return _("You look after it.") if changed else ""


def _snooze(request: HttpRequest, incident: Incident) -> str:
    duration = SNOOZES.get(request.POST.get("hours", ""))
    if duration is None:
        return ""
    until = timezone.now() + duration
    changed = care.snooze([incident.pk], until=until, actor=Actor.of(request.user))
    return _("Nobody is alerted about it for now.") if changed else ""


def _snooze_for_more(request: HttpRequest, incident: Incident) -> str:
    more = request.POST.get("more", "")
    if not (more.isascii() and more.isdecimal() and 1 <= int(more[:9]) <= MOST_MORE):
        return ""
    actor = Actor.of(request.user)
    changed = care.snooze_for_more([incident.pk], more=int(more[:9]), actor=actor)
    return _("Nobody is alerted about it for now.") if changed else ""


def _snooze_while_usual(request: HttpRequest, incident: Incident) -> str:
    changed = care.snooze_while_usual([incident.pk], actor=Actor.of(request.user))
    return _("Nobody is alerted about it for now.") if changed else ""


def _resolve_in_release(request: HttpRequest, incident: Incident) -> str:
    release = clean_release(request.POST.get("release", ""))
    if not release:
        return ""
    changed = triage.resolve([incident.pk], actor=Actor.of(request.user), release=release)
    return _("Resolved in release %s.") % release if changed else ""


def _resolve_in_next(request: HttpRequest, incident: Incident) -> str:
    changed = triage.resolve_in_next_release([incident.pk], actor=Actor.of(request.user))
    return _("Resolved in the next release.") if changed else ""


def clean_release(text: str) -> str:
    """Return what was typed as it is stored; empty if it cannot be a release."""
    text = text.strip()
    return text if text.isprintable() and len(text) <= LONGEST_RELEASE else ""


def _read_feedback(request: HttpRequest, incident: Incident) -> str:
    number = read_feedback(incident)
    return ngettext("%d message read.", "%d messages read.", number) % number if number else ""


def _wake(request: HttpRequest, incident: Incident) -> str:
    changed = care.wake([incident.pk], actor=Actor.of(request.user))
    return _("People are alerted about it again.") if changed else ""


def _split(request: HttpRequest, incident: Incident) -> str:
    done = merging.split(incident.pk, actor=Actor.of(request.user))
    return _("It is an incident of its own again.") if done else ""


# Each does what it says and returns what to tell the person; an empty text means that nothing was to be done.
ACTS: dict[str, Callable[[HttpRequest, Incident], str]] = {
    "comment": _comment,
    "assign": _assign,
    "take": _take,
    "snooze": _snooze,
    "snooze_for_more": _snooze_for_more,
    "snooze_while_usual": _snooze_while_usual,
    "resolve_in_release": _resolve_in_release,
    "resolve_in_next": _resolve_in_next,
    "read_feedback": _read_feedback,
    "wake": _wake,
    "split": _split,
}


def snooze_choices() -> list[tuple[str, Any]]:
    """Return for how long an incident may rest."""
    return [("1", _("1 hour")), ("24", _("1 day")), ("168", _("1 week"))]
