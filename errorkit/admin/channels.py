"""The channels: how each does, what goes there, a test for each, and what one that was added later has missed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from errorkit.admin.base import ReviewAdmin
from errorkit.admin.cells import ago, ago_text
from errorkit.conf import Route, get_config
from errorkit.delivery import outbox
from errorkit.delivery.channels import aliases, get_channel
from errorkit.exceptions import InvalidChannelError
from errorkit.health.liveness import find_silence, last_sweep
from errorkit.models import ChannelState, Delivery

# More than that takes longer than a page may.
MOST_BACKFILLED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelView:
    """A channel as people see it; its options are secret. `problem` says why it cannot be built."""

    alias: str
    kind: str = ""
    forwards: bool = False
    routed: bool = False
    problem: str = ""
    state: ChannelState | None = None
    parked: bool = False
    accepted: Any = ""


class BackfillForm(forms.Form):
    """A time range."""

    since = forms.DateTimeField(label=gettext_lazy("from"))
    until = forms.DateTimeField(label=gettext_lazy("until"))

    def clean(self) -> dict[str, Any]:
        """A range goes forward, and holds no more than a page can do."""
        values = super().clean() or {}
        since, until = values.get("since"), values.get("until")
        if since is None or until is None:
            return values
        if since >= until:
            raise forms.ValidationError(_("The range ends before it begins."))
        if outbox.full_between(since, until)[MOST_BACKFILLED:].exists():
            raise forms.ValidationError(
                _("That is more than 10,000 occurrences. Choose a shorter range.")
            )
        return values


class ChannelPages(ReviewAdmin):
    """The page of the channels beside the list of deliveries, and the doors of its buttons."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page and the doors."""
        site = self.admin_site.admin_view
        return [
            path("channels/", site(self.channels_view), name="errorkit_delivery_channels"),
            path(
                "channels/<str:alias>/test/",
                site(require_POST(self.test_view)),
                name="errorkit_delivery_test",
            ),
            path(
                "channels/<str:alias>/backfill/",
                site(require_POST(self.backfill_view)),
                name="errorkit_delivery_backfill",
            ),
            *super().get_urls(),
        ]

    def channels_view(
        self, request: HttpRequest, form: BackfillForm | None = None, chosen: str = ""
    ) -> HttpResponse:
        """Show all channels and ROUTES."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _("Channels"),
            "opts": self.opts,
            "channels": list(_view_channels()),
            "routes": [(route, _conditions(route)) for route in get_config().routes],
            "may_change": self.has_change_permission(request),
            "backfill": form or BackfillForm(),
            "chosen": chosen,
            "swept": ago(last_sweep()),
            "errorkit_silence": find_silence(),
        }
        return TemplateResponse(request, "admin/errorkit/delivery/channels.html", context)

    def test_view(self, request: HttpRequest, alias: str) -> HttpResponse:
        """Owe a test, and go to where one sees what becomes of it."""
        self._check(request, alias)
        test = outbox.owe_test(alias, timezone.now())
        swept = last_sweep()
        if test.status == Delivery.Status.SKIPPED:
            self.message_user(request, test.reason, messages.WARNING)
        elif swept is None:
            text = _("The test waits: nobody has ever swept.")
            self.message_user(request, text, messages.WARNING)
        else:
            text = _("The test leaves with the next sweep; the last one was {time}.")
            self.message_user(request, text.format(time=ago_text(swept)), messages.SUCCESS)
        return HttpResponseRedirect(self.url_of("change", test.pk))

    def backfill_view(self, request: HttpRequest, alias: str) -> HttpResponse:
        """Owe a channel what it has missed."""
        self._check(request, alias)
        form = BackfillForm(request.POST)
        if not form.is_valid():
            return self.channels_view(request, form=form, chosen=alias)
        try:
            owed = outbox.backfill(alias, **form.cleaned_data)
        except InvalidChannelError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(self.url_of("channels"))
        text = ngettext(
            "%d occurrence of that time is owed to %s.",
            "%d occurrences of that time are owed to %s.",
            owed,
        )
        self.message_user(request, text % (owed, alias), messages.SUCCESS)
        return HttpResponseRedirect(self.url_of("channels"))

    def _check(self, request: HttpRequest, alias: str) -> None:
        if not self.has_change_permission(request):
            raise PermissionDenied
        if alias not in aliases():
            raise Http404


def _view_channels() -> Iterator[ChannelView]:
    states = ChannelState.objects.using(get_config().database).in_bulk(aliases())
    routed = {alias for route in get_config().routes for alias in route.channels}
    now = timezone.now()
    for alias in aliases():
        state = states.get(alias)
        try:
            channel = get_channel(alias)
        except InvalidChannelError:
            # Its text may quote an option; the system check says it to whoever may see the settings.
            yield ChannelView(alias=alias, problem=_("It cannot be used: see manage.py check."))
            continue
        until = state.parked_until if state else None
        yield ChannelView(
            alias=alias,
            kind=type(channel).__name__,
            forwards=channel.forwards,
            routed=alias in routed,
            state=state,
            parked=until is not None and until > now,
            accepted=ago(state.last_accepted_at if state else None),
        )


def _conditions(route: Route) -> list[tuple[str, str]]:
    """Return what a route asks for, as labels and values."""
    conditions = (
        (_("environment"), route.environments),
        (_("level"), route.levels),
        (_("exception"), route.exceptions),
        (_("path"), route.paths),
        (_("transition"), route.transitions),
    )
    found = [(label, ", ".join(values)) for label, values in conditions if values]
    if route.sample < 1:
        found.append((_("share"), f"{route.sample:.0%}"))
    return found
