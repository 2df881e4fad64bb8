"""What each row of the list of incidents tells."""

from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from errorkit.admin.cells import ago, badge
from errorkit.admin.conditions import news_of, promise_of, rest_of
from errorkit.admin.incident_list import notes_of
from errorkit.models import Incident


class IncidentColumns(admin.ModelAdmin):  # type: ignore[type-arg]
    """The columns of the list; what is read for a whole page at once hangs on the rows (see `incident_list`)."""

    list_display: Any = ("what", "state", "times", "users", "trend", "seen")

    @admin.display(description=_("incident"), ordering="title")
    def what(self, incident: Incident) -> SafeString:
        """Return the title, below it the place, then environment, newest release, owner and how many messages are unread."""
        return format_html(
            '<span class="ek-title">{}</span> <span class="ek-where">{}</span> <span class="ek-below">{}</span>',
            incident.title or _("(no title)"),
            incident.location,
            notes_of(incident),
        )

    @admin.display(description=_("status"), ordering="status")
    def state(self, incident: Incident) -> SafeString:
        """Return the status as a badge, how grave it is unless it is an error, whether it is new or came back, and below what it waits for."""
        now = timezone.now()
        news = news_of(incident, now)
        return format_html(
            '{} {} {} <span class="ek-below">{}</span>',
            badge(incident.status, incident.get_status_display()),
            badge(incident.level, incident.level) if incident.level != "error" else "",
            badge("news", news) if news else "",
            " ".join(filter(None, (rest_of(incident, now), promise_of(incident)))),
        )

    @admin.display(description=_("times seen"), ordering="times_seen")
    def times(self, incident: Incident) -> SafeString:
        """Return the exact count."""
        unit = ngettext("time", "times", incident.times_seen)
        return _count(incident.times_seen, unit)

    @admin.display(description=_("users"), ordering="users_affected")
    def users(self, incident: Incident) -> SafeString:
        """Return how many people it has met."""
        unit = ngettext("user", "users", incident.users_affected)
        return _count(incident.users_affected, unit)

    @admin.display(description=_("24 hours, 30 days"))
    def trend(self, incident: Incident) -> SafeString:
        """Return the last 24 hours and the last 30 days as small drawings."""
        drawings = getattr(incident, "last_day", ""), getattr(incident, "last_month", "")
        return format_html('<span class="ek-trend">{} {}</span>', *drawings)

    @admin.display(description=_("last seen"), ordering="last_seen")
    def seen(self, incident: Incident) -> SafeString:
        """Return when it was seen last, with when it was seen first below."""
        first = format_html(gettext("first {}"), ago(incident.first_seen))
        return format_html('{} <span class="ek-below">{}</span>', ago(incident.last_seen), first)


def _count(number: int, unit: str) -> SafeString:
    return format_html(
        '<span class="ek-number">{}</span> <span class="ek-unit">{}</span>', f"{number:,}", unit
    )
