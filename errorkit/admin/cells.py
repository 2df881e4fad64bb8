"""Small pieces of HTML for lists."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from errorkit.oncall.walltime import as_local


def badge(kind: str, text: str) -> SafeString:
    """Return a status badge; `kind` picks the colour."""
    return format_html('<span class="ek-badge ek-badge-{}">{}</span>', kind, text)


def ago(moment: datetime | None) -> SafeString | str:
    """Return how long ago that was, with the exact time in the title."""
    if moment is None:
        return "–"
    local = as_local(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        date_format(local, "DATETIME_FORMAT"),
        ago_text(moment),
    )


def ago_text(moment: datetime) -> str:
    """Return how long ago that was, in words."""
    seconds = (timezone.now() - moment).total_seconds()
    if seconds < 60:
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(moment, depth=1)}
