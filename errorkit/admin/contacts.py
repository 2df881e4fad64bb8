"""Contact methods and calendar feeds: how people are reached, and where they see their shifts."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from errorkit.admin.person_fields import PersonField, PersonForm
from errorkit.admin.policies import channel_choices
from errorkit.admin.settings_pages import SettingsAdmin
from errorkit.conf import get_config
from errorkit.delivery.channels import get_channel
from errorkit.delivery.channels.base import Channel
from errorkit.exceptions import InvalidChannelError
from errorkit.models import CalendarFeed, ContactMethod
from errorkit.oncall import contacts, feeds


class ContactForm(PersonForm):
    """A way to reach a person."""

    person = PersonField()
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), initial="oncall")

    class Meta:
        model = ContactMethod
        fields = ("channel", "address", "position", "delay_minutes", "enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].choices = channel_choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask the channel whether it can use the address; a changed way has to be verified anew."""
        values = super().clean() or {}
        channel, address = _channel_of(values.get("channel", "")), values.get("address", "")
        if channel is not None and (problem := channel.problem_with(address)):
            self.add_error("address", problem)
        if {"channel", "address", "person"} & set(self.changed_data):
            self.instance.verified_at = None
        return values


def _channel_of(alias: str) -> Channel | None:
    try:
        return get_channel(alias)
    except InvalidChannelError:
        return None


class ContactAdmin(SettingsAdmin):
    """How people are reached; a code proves that a way works."""

    form = ContactForm
    fields = ("person", "channel", "address", "position", "delay_minutes", "enabled")
    list_display = ("label", "channel", "address", "position", "delay_minutes", "enabled", "proven")
    search_fields = ("label", "address")
    change_form_template = "admin/errorkit/contactmethod/change_form.html"

    @admin.display(description=gettext_lazy("verified"), boolean=True)
    def proven(self, method: ContactMethod) -> bool:
        """Return whether alerts go there."""
        return method.verified_at is not None

    def get_urls(self) -> list[URLPattern]:
        """Add the doors of the buttons."""
        views = {"code": self.code_view, "verify": self.verify_view, "test": self.test_view}
        doors = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"errorkit_contactmethod_{name}",
            )
            for name, view in views.items()
        ]
        return [*doors, *super().get_urls()]

    def code_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a code."""
        method = self._method(request, pk)
        contacts.send_code(method, timezone.now())
        return self._back(request, method, _("A code is on its way; type it in below."))

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a test."""
        method = self._method(request, pk)
        contacts.send_test(method, timezone.now())
        return self._back(request, method, _("A test is on its way, as an alert would be."))

    def verify_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take the code back."""
        method = self._method(request, pk)
        if contacts.verify(method, request.POST.get("code", ""), timezone.now()):
            return self._back(request, method, _("Verified: alerts go there from now on."))
        text = _("This is not the code, or it is too old. Send a new one.")
        return self._back(request, method, text, level=messages.ERROR)

    def _method(self, request: HttpRequest, pk: int) -> ContactMethod:
        method = self.get_object(request, str(pk))
        if not isinstance(method, ContactMethod) or not self.has_change_permission(request, method):
            raise PermissionDenied
        return method

    def _back(
        self, request: HttpRequest, method: ContactMethod, text: str, level: int = messages.SUCCESS
    ) -> HttpResponse:
        self.message_user(request, text, level)
        return HttpResponseRedirect(self.url_of("change", method.pk))


class FeedForm(PersonForm):
    """Whose shifts."""

    person = PersonField()

    class Meta:
        model = CalendarFeed
        fields = ()


class FeedAdmin(SettingsAdmin):
    """Addresses under which people see their shifts; each is shown once."""

    form = FeedForm
    fields = ("person",)
    list_display = ("label", "created_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A feed is made and deleted; nobody can look its address up again."""
        return False

    def save_model(self, request: HttpRequest, obj: CalendarFeed, form: Any, change: bool) -> None:  # type: ignore[override]  # noqa: FBT001
        """Make the feed, and show its address this once."""
        token = feeds.make_feed(obj.user_id, obj.label)
        made = feeds.find_feed(token)
        assert made is not None
        obj.pk, obj.token_hash = made.pk, made.token_hash
        text = format_html(
            "{} <code>{}</code>",
            _("The address of the calendar, shown only now:"),
            _address(request, token),
        )
        self.message_user(request, text, messages.WARNING)
        if not feeds.is_available():
            self.message_user(request, _("It needs: pip install errorkit[ics]"), messages.ERROR)


def _address(request: HttpRequest, token: str) -> str:
    try:
        where = reverse("errorkit:shifts", args=[token])
    except NoReverseMatch:
        return _("include errorkit.urls first")
    base = get_config().base_url
    return base.rstrip("/") + where if base else request.build_absolute_uri(where)
