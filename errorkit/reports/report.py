"""The report: a frozen, scrubbed, JSON-safe, versioned snapshot of one failure."""

import json
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from errorkit.reports.identity import reference_of

VERSION = 1
ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"))

Kind = Literal["request", "task", "command", "manual"]
Level = Literal["fatal", "error", "warning", "info"]
Relation = Literal["raised", "cause", "context", "member"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One call of a traceback. `locals` maps a name to its bounded, scrubbed text."""

    filename: str
    module: str
    function: str
    lineno: int
    in_app: bool
    abs_path: str = ""
    context_line: str = ""
    pre_context: tuple[str, ...] = ()
    post_context: tuple[str, ...] = ()
    locals: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedException:
    """One exception of a chain. Frames run from the oldest call to the one that raised.

    `subtype` is what is known of a database, HTTP or system failure (`subtypes.py`).
    """

    type: str
    module: str
    message: str
    subtype: str = ""
    relation: Relation = "raised"
    parent: int | None = None
    notes: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSnapshot:
    """What was asked, scrubbed. `route` is the URL pattern, `path` is what was typed."""

    method: str
    path: str
    route: str = ""
    query: str = ""
    scheme: str = ""
    host: str = ""
    remote: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One failure. All text is scrubbed, bounded and free of NUL and surrogates.

    `exceptions` holds the raised exception first, then its causes, contexts and group members; `parent` is an index into it. A light
    report (`full` false) has no frames, headers or context of its own. `family` is that of the cause (`families.py`). Times are aware and in UTC. `runtime` is the Python that failed, as
    `CPython 3.13.0`.
    """

    id: UUID
    occurred_at: datetime
    kind: Kind
    fingerprint: str
    title: str
    location: str
    environment: str
    full: bool = True
    level: Level = "error"
    handled: bool = False
    release: str = ""
    server: str = ""
    runtime: str = ""
    request_id: str = ""
    trace_id: str = ""
    span_id: str = ""
    status: int | None = None
    user_id: str = ""
    user_label: str = ""
    family: str = ""
    fingerprint_parts: tuple[str, ...] = ()
    exceptions: tuple[RaisedException, ...] = ()
    request: RequestSnapshot | None = None
    context: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    v: int = VERSION

    @property
    def reference(self) -> str:
        """Return what a person quotes."""
        return reference_of(self.id)

    def to_json(self) -> str:
        """Return the report as ASCII JSON; `from_json` reads it back."""
        return ENCODER.encode(to_plain(self))

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """Read a report of this or an older version; unknown members are left out.

        Raises ValueError if the text is no report.
        """
        return from_plain(json.loads(text))


def to_plain(report: Report) -> dict[str, Any]:
    """Return the report as JSON-safe dicts and lists; much faster than `dataclasses.asdict`."""
    plain = {name: getattr(report, name) for name in REPORT_MEMBERS}
    plain["id"] = str(report.id)
    plain["occurred_at"] = report.occurred_at.isoformat()
    plain["exceptions"] = [_exception_to_plain(each) for each in report.exceptions]
    if report.request is not None:
        plain["request"] = {name: getattr(report.request, name) for name in REQUEST_MEMBERS}
    return plain


def _exception_to_plain(raised: RaisedException) -> dict[str, Any]:
    plain = {name: getattr(raised, name) for name in EXCEPTION_MEMBERS}
    plain["frames"] = [_frame_to_plain(frame) for frame in raised.frames]
    return plain


def _frame_to_plain(frame: Frame) -> dict[str, Any]:
    # Spelled out because this runs for every frame of every failure.
    return {
        "filename": frame.filename,
        "module": frame.module,
        "function": frame.function,
        "lineno": frame.lineno,
        "in_app": frame.in_app,
        "abs_path": frame.abs_path,
        "context_line": frame.context_line,
        "pre_context": frame.pre_context,
        "post_context": frame.post_context,
        "locals": frame.locals,
    }


def from_plain(data: dict[str, Any]) -> Report:
    """Return the report that the dicts describe.

    Members that this version does not know are left out, and those that an older version did not write get their default; so a newer report
    is read as far as it is understood. Raises ValueError where a member that every version has is missing or wrong.
    """
    try:
        values = _known(data, REPORT_MEMBERS)
        values["id"] = UUID(data["id"])
        values["occurred_at"] = datetime.fromisoformat(data["occurred_at"])
        values["fingerprint_parts"] = tuple(data.get("fingerprint_parts") or ())
        values["exceptions"] = tuple(map(_exception_from, data.get("exceptions") or ()))
        request = data.get("request")
        values["request"] = RequestSnapshot(**_known(request, REQUEST_MEMBERS)) if request else None
        return Report(**values)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"This is no report: {error!r}") from error


def _exception_from(data: dict[str, Any]) -> RaisedException:
    values = _known(data, EXCEPTION_MEMBERS)
    values["notes"] = tuple(data.get("notes") or ())
    values["frames"] = tuple(map(_frame_from, data.get("frames") or ()))
    return RaisedException(**values)


def _frame_from(data: dict[str, Any]) -> Frame:
    values = _known(data, FRAME_MEMBERS)
    values["pre_context"] = tuple(data.get("pre_context") or ())
    values["post_context"] = tuple(data.get("post_context") or ())
    return Frame(**values)


def _known(data: dict[str, Any], members: tuple[str, ...]) -> dict[str, Any]:
    return {name: data[name] for name in members if name in data}


REPORT_MEMBERS = tuple(each.name for each in fields(Report))
EXCEPTION_MEMBERS = tuple(each.name for each in fields(RaisedException))
REQUEST_MEMBERS = tuple(each.name for each in fields(RequestSnapshot))
FRAME_MEMBERS = tuple(each.name for each in fields(Frame))
