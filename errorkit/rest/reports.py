"""A report as the API gives it out."""

from typing import Any

from errorkit.models import Occurrence
from errorkit.reports.report import Report


def read_report(occurrence: Occurrence, *, sensitive: bool) -> dict[str, Any] | None:
    """Return the report of a full occurrence as JSON-safe dicts; None for a light one, and for a payload that cannot be read."""
    if not occurrence.full:
        return None
    try:
        report = occurrence.report
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return (report if sensitive else _without_sensitive(report)).to_plain()


def _without_sensitive(report: Report) -> Report:
    """Return it without headers, body and local variables."""
    request = report.request
    return report._replace(
        exceptions=tuple(
            each._replace(frames=tuple(frame._replace(locals=None) for frame in each.frames))
            for each in report.exceptions
        ),
        request=request._replace(headers={}, body=None) if request else None,
    )
