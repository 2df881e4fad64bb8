"""What people read: one message, which each channel renders in its own way. Exception text is attacker text."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from errorkit.delivery.channels.base import DeliveryContext, Notice
from errorkit.models.transitions import ESCALATED, LAPSED, Transition
from errorkit.reports.report import Report

SUBJECT_LENGTH = 180
CALM = frozenset({"quiet", "acknowledged", "resolved", "ignored"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of plain text; `subject` is one line. `facts` are labels and values in the order of reading.

    `kicker` says what happened in front of the title, `is_calm` whether it is good news. `acknowledge_url` is secret: it belongs where only
    the recipients read.
    """

    subject: str
    title: str
    facts: tuple[tuple[str, str], ...]
    kicker: str = ""
    is_calm: bool = False
    url: str = ""
    acknowledge_url: str = ""

    def as_text(self) -> str:
        """Return the body of a plain-text mail."""
        lines = [self.title, "", *(f"{label}: {value}" for label, value in self.facts)]
        if self.url:
            lines += ["", self.url]
        if self.acknowledge_url:
            lines += ["", _("Acknowledge: {url}").format(url=self.acknowledge_url)]
        return "\n".join(lines) + "\n"


def compose(report: Report, context: DeliveryContext) -> Message:
    """Return what failed, where, since when, how often, and the reference to quote; or the notice."""
    if context.notice:
        return _announce(context.notice, context.acknowledge_url)
    return Message(
        subject=_subject(report, context),
        title=one_line(report.title),
        facts=tuple((label, value) for label, value in _facts(report, context) if value),
        kicker=one_line(f"{_verb(context)} · {report.environment}"),
        is_calm=context.transition in CALM,
        url=context.incident.url if context.incident else "",
        acknowledge_url=context.acknowledge_url,
    )


def _announce(notice: Notice, acknowledge_url: str) -> Message:
    subject = one_line(notice.subject)
    return Message(
        subject=shorten(subject),
        title=subject,
        facts=tuple((one_line(label), one_line(value)) for label, value in notice.facts),
        url=notice.url,
        acknowledge_url=acknowledge_url,
    )


def one_line(text: str) -> str:
    """Return the text on one line, without control characters: what a header may carry."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())


def _subject(report: Report, context: DeliveryContext) -> str:
    text = f"[{report.environment}] {_verb(context)}: {report.title}"
    return shorten(one_line(text))


def shorten(line: str, length: int = SUBJECT_LENGTH) -> str:
    """Return the line, cut to its length."""
    return line if len(line) <= length else line[: length - 1] + "…"


def _verb(context: DeliveryContext) -> str:
    if context.purpose == "test":
        return _("test")
    if context.transition == ESCALATED:
        return _("still not acknowledged")
    if context.transition == LAPSED:
        return _("acknowledgement expired")
    if context.transition in Transition.values:
        return str(Transition(context.transition).label)
    return context.transition or context.purpose


def _facts(report: Report, context: DeliveryContext) -> list[tuple[str, str]]:
    request = report.request
    incident = context.incident
    return [
        (_("Where"), one_line(report.location)),
        (_("Request"), one_line(f"{request.method} {request.path}") if request else ""),
        (_("Status"), str(report.status or "")),
        (_("Since"), _time(incident.first_seen if incident else report.occurred_at)),
        (_("Last seen"), _time(incident.last_seen) if incident else ""),
        (_("Times seen"), str(incident.times_seen) if incident else ""),
        (_("Environment"), one_line(report.environment)),
        (_("Release"), one_line(report.release)),
        (_("Server"), one_line(report.server)),
        (_("Reference"), report.reference),
        (_("Request ID"), one_line(report.request_id)),
    ]


def _time(moment: datetime) -> str:
    # A site without USE_TZ has naive times, in its own zone already.
    aware = timezone.make_aware(moment) if timezone.is_naive(moment) else moment
    return timezone.localtime(aware).strftime("%Y-%m-%d %H:%M:%S %Z")
