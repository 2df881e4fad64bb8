"""What people do to several incidents at once. Some deeds need one more answer: a release, a time, a person."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from errorkit.admin.questions import QUESTIONS
from errorkit.admin.verbs import VERBS
from errorkit.conf import get_config
from errorkit.incidents import care, merging, triage
from errorkit.incidents.triage import Actor
from errorkit.models import Incident

NAMED = 10
WOKEN = ngettext_lazy("%d incident woken.", "%d incidents woken.")


def _tell(page: Any, request: HttpRequest, done: Any, changed: int) -> None:
    if changed:
        page.message_user(request, done % changed, messages.SUCCESS)
    else:
        page.message_user(request, _("Nothing to change."), messages.INFO)


def _do(name: str) -> Any:
    """Return the action that does to all selected incidents what the verb says."""

    @admin.action(description=VERBS[name].bulk_label, permissions=["change"])
    def change_selected(page: Any, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
        changed = VERBS[name].change(_ids(queryset), actor=Actor.of(request.user))
        _tell(page, request, VERBS[name].done, changed)

    change_selected.__name__ = name
    return change_selected


def _ask(name: str) -> Any:
    """Return the action that asks, and does it once the answer is there."""
    question = QUESTIONS[name]

    @admin.action(description=question.label, permissions=[question.permission])
    def ask_about_selected(
        page: Any, request: HttpRequest, queryset: QuerySet[Incident]
    ) -> TemplateResponse | None:
        form = forms.Form(request.POST if "answered" in request.POST else None)
        form.fields["answer"] = question.field()
        ids = _ids(queryset)
        if form.is_bound and form.is_valid():
            changed = question.act(ids, form.cleaned_data["answer"], Actor.of(request.user))
            _tell(page, request, question.done, changed)
            return None
        return _question_page(page, request, name, form, ids)

    ask_about_selected.__name__ = name
    return ask_about_selected


def _question_page(
    page: Any, request: HttpRequest, name: str, form: forms.Form, ids: list[int]
) -> TemplateResponse:
    request.current_app = page.admin_site.name
    context = {
        **page.admin_site.each_context(request),
        "title": QUESTIONS[name].label,
        "question": QUESTIONS[name],
        "names": _names(ids),
        "more": max(len(ids) - NAMED, 0),
        "opts": page.opts,
        "form": form,
        "action": name,
        "number": len(ids),
        # Whoever chose all that match goes on with all that match.
        "across": request.POST.get("select_across", "0"),
        "selected": request.POST.getlist("_selected_action"),
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/errorkit/incident/ask.html", context)


def _names(ids: list[int]) -> list[str]:
    """Return the titles of the first of the incidents, so that a person sees what is meant."""
    rows = Incident.objects.using(get_config().database).filter(pk__in=ids[:NAMED])
    return list(rows.order_by("title").values_list("title", flat=True))


@admin.action(
    description=_("Resolve selected incidents in the next release"), permissions=["change"]
)
def resolve_in_next(page: Any, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
    """Resolve the selected incidents in whatever comes next."""
    changed = triage.resolve_in_next_release(_ids(queryset), actor=Actor.of(request.user))
    _tell(page, request, QUESTIONS["resolve_in_release"].done, changed)


@admin.action(description=_("Wake selected incidents"), permissions=["change"])
def wake(page: Any, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
    """Take the snoozes of the selected incidents back."""
    changed = care.wake(_ids(queryset), actor=Actor.of(request.user))
    _tell(page, request, WOKEN, changed)


@admin.action(
    description=_("Merge selected incidents into the one seen most"), permissions=["change"]
)
def merge(page: Any, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
    """Make one incident of the selected ones, and lead to where that can be taken back."""
    rows = list(queryset.order_by("-times_seen", "id").values_list("pk", "title"))
    merged = 0
    if len(rows) > 1:
        others = [pk for pk, _title in rows[1:]]
        merged = merging.merge(others, into=rows[0][0], actor=Actor.of(request.user))
    if not merged:
        why = _(
            "Nothing was merged. It takes two incidents of one environment that are not merged yet."
        )
        page.message_user(request, why, messages.WARNING)
        return
    told = ngettext("%d incident merged into", "%d incidents merged into", merged) % merged
    target, title = rows[0]
    link = page.url_of("change", target)
    text = format_html('{} <a href="{}">{}</a>.', told, link, title or "–")
    page.message_user(request, text, messages.SUCCESS)
    if left := len(rows) - 1 - merged:
        apart = ngettext(
            "%d stays apart: it is of another environment, or merged already.",
            "%d stay apart: they are of other environments, or merged already.",
            left,
        )
        page.message_user(request, apart % left, messages.WARNING)


def _ids(queryset: QuerySet[Incident]) -> list[int]:
    return list(queryset.values_list("pk", flat=True))


ACTIONS = [
    *(_do(name) for name in VERBS),
    resolve_in_next,
    *(_ask(name) for name in QUESTIONS),
    wake,
    merge,
]
