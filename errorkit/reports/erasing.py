"""What is left of a report when the person whom it was about has to be forgotten: how the code failed, and nothing of theirs."""

from errorkit.reports.parts import Frame, RaisedException, RequestSnapshot
from errorkit.reports.report import Report

ERASED = "[erased]"
# What the rules of grouping write; all other parts, and messages, may hold anything.
OF_CODE = ("type ", "with ", "in ", "near ", "cause ", "context ", "member ")
# What errorkit itself has put into the context.
OURS = frozenset({"machine"})


def without_person(report: Report) -> Report:
    """Return the report with its calls and source lines, without user, ids of the request, texts, values and whatever the client has sent."""
    return report._replace(
        title=title_without_person(report.title),
        user_id="",
        user_label="",
        request_id="",
        trace_id="",
        span_id="",
        fingerprint_parts=tuple(map(_part, report.fingerprint_parts)),
        exceptions=tuple(map(_exception, report.exceptions)),
        request=_request(report.request) if report.request else None,
        context={name: value for name, value in report.context.items() if name in OURS},
        tags={},
    )


def title_without_person(title: str) -> str:
    """Return the type of the exception, without what it said."""
    name, colon, _ = title.partition(": ")
    return f"{name}: {ERASED}" if colon else title


def _part(part: str) -> str:
    return part if part.startswith(OF_CODE) else ERASED


def _exception(raised: RaisedException) -> RaisedException:
    return raised._replace(
        message=ERASED if raised.message else "",
        notes=(),
        frames=tuple(map(_frame, raised.frames)),
    )


def _frame(frame: Frame) -> Frame:
    return frame._replace(locals=None)


def _request(request: RequestSnapshot) -> RequestSnapshot:
    return RequestSnapshot(method=request.method, route=request.route, path="")


def payload_without_person(payload: str) -> str:
    """Return a stored report rewritten; nothing of one that cannot be read."""
    try:
        return without_person(Report.from_json(payload)).to_json() if payload else ""
    except ValueError:
        return ""
