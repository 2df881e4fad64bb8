"""What is known about a failure besides its traceback, as labelled values for a page."""

import json
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from errorkit.admin.exports import as_curl, as_markdown
from errorkit.admin.surroundings import SHOWN_APART, Crumb, trail_of, view_machine
from errorkit.admin.tracebacks import ExceptionView, view_exceptions
from errorkit.models import Occurrence
from errorkit.reports.causes import Family, family_of
from errorkit.reports.parts import RequestSnapshot
from errorkit.reports.report import Report

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureView:
    """One full report, cut to what this person may see."""

    exceptions: tuple[ExceptionView, ...]
    family: Family | None
    request: Pairs
    headers: Pairs
    body: str
    machine: Pairs
    trail: tuple[Crumb, ...]
    context: Pairs
    tags: Pairs
    parts: tuple[str, ...]
    hidden: bool
    markdown: str
    curl: str


def view_failure(occurrence: Occurrence | None, *, sensitive: bool) -> FailureView | None:
    """Return what a full occurrence tells; None for a light one, and for a payload that cannot be read."""
    if occurrence is None or not occurrence.full:
        return None
    try:
        report = occurrence.report
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return _view_report(occurrence, report, sensitive=sensitive)


def _view_report(occurrence: Occurrence, report: Report, *, sensitive: bool) -> FailureView:
    request = report.request
    shown = request if sensitive else None
    return FailureView(
        exceptions=view_exceptions(report, sensitive=sensitive),
        family=family_of(report),
        request=_view_request(request, report.request_id) if request else (),
        headers=tuple(shown.headers.items()) if shown else (),
        body=plain_text(shown.body) if shown and shown.body is not None else "",
        machine=view_machine(report),
        trail=trail_of(report),
        context=tuple(
            (name, plain_text(value))
            for name, value in report.context.items()
            if name not in SHOWN_APART
        ),
        tags=tuple(report.tags.items()),
        parts=tuple(report.fingerprint_parts),
        hidden=not sensitive,
        markdown=as_markdown(occurrence, report),
        curl=as_curl(report) if sensitive else "",
    )


def _view_request(request: RequestSnapshot, request_id: str) -> Pairs:
    known = (
        (_("Method"), request.method),
        (_("Path"), request.path),
        (_("Route"), request.route),
        (_("Query"), request.query),
        (_("Host"), request.host),
        (_("Scheme"), request.scheme),
        (_("Client address"), request.remote),
        (_("Request ID"), request_id),
    )
    return tuple((label, value) for label, value in known if value)


def plain_text(value: Any) -> str:
    """Return a text as it is and anything else as indented JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
