"""A failure as text to paste elsewhere. Every value may be an attacker's, so each form quotes it in its own way."""

import re
import shlex

from django.utils.translation import gettext as _

from errorkit.models import Occurrence
from errorkit.reports.parts import Frame, RaisedException
from errorkit.reports.report import Report

# What a request needs to fail in the same way; cookies, tokens and addresses stay where they are.
REPLAYED = frozenset({"accept", "accept-language", "content-type", "x-requested-with"})
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def as_markdown(occurrence: Occurrence, report: Report) -> str:
    """Return title, facts and traceback with source, without locals, headers and body."""
    facts = (
        (_("Reference"), occurrence.reference),
        (_("Where"), occurrence.location),
        (_("When"), occurrence.occurred_at.isoformat(timespec="seconds")),
        (_("Request"), f"{occurrence.method} {occurrence.path}".strip()),
        (_("Request ID"), occurrence.request_id),
        (_("Environment"), occurrence.environment),
        (_("Release"), occurrence.release),
    )
    lines = [f"- {label}: {_code(value)}" for label, value in facts if value]
    trace = "\n".join(line for each in report.exceptions for line in _trace(each))
    return "\n".join([f"### {_code(occurrence.title)}", "", *lines, "", _fence(trace), ""])


def as_curl(report: Report) -> str:
    """Return a command that asks the same again without secrets; empty where there was no request."""
    request = report.request
    if request is None:
        return ""
    url = f"{request.scheme or 'https'}://{request.host}{request.path}"
    if request.query:
        url += f"?{request.query}"
    # Or brackets and braces in the URL would ask for many.
    parts = ["curl", "-i", "--globoff", "-X", request.method, url]
    for name, value in request.headers.items():
        if name.lower() in REPLAYED:
            parts += ["-H", f"{name}: {value}"]
    return " ".join(shlex.quote(_plain(part).replace("\n", " ")) for part in parts)


def _trace(raised: RaisedException) -> list[str]:
    lines = [f"{raised.type}: {raised.message}"]
    lines += [f"  {note}" for note in raised.notes]
    for frame in reversed(raised.frames):
        lines += _frame(frame)
    return [*lines, ""]


def _frame(frame: Frame) -> list[str]:
    place = f"  {frame.filename}:{frame.lineno} in {frame.function}"
    return [place, f"    {frame.context_line.strip()}"] if frame.in_app else [place]


def _plain(text: str) -> str:
    """Return the text without what a terminal or an editor would obey."""
    return CONTROLS.sub("\ufffd", text)


def _code(text: str) -> str:
    """Return the text as inline code of Markdown, on one line."""
    text = " ".join(_plain(text).split())
    ticks = "`" * (_longest_run(text) + 1)
    return f"{ticks} {text} {ticks}" if "`" in text else f"{ticks}{text}{ticks}"


def _fence(text: str) -> str:
    """Return the text as a block of code that nothing in it can end."""
    ticks = "`" * max(_longest_run(text) + 1, 3)
    return f"{ticks}\n{_plain(text).rstrip()}\n{ticks}"


def _longest_run(text: str) -> int:
    return max([len(run) for run in re.findall("`+", text)] or [0])
