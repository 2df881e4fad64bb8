"""The report: a frozen, scrubbed, JSON-safe, versioned snapshot of one failure."""

import json
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from errorkit.reports.identity import reference_of
from errorkit.reports.parts import (
    REQUEST_MEMBERS,
    RaisedException,
    RequestSnapshot,
    exception_from,
    exceptions_to_json,
    known,
    object_with,
)

VERSION = 1

Kind = Literal["request", "task", "command", "manual"]
Level = Literal["fatal", "error", "warning", "info"]


class Report(NamedTuple):
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
    context: dict[str, Any] = {}
    tags: dict[str, str] = {}
    v: int = VERSION

    @property
    def reference(self) -> str:
        """Return what a person quotes."""
        return reference_of(self.id)

    def to_json(self) -> str:
        """Return the report as ASCII JSON; `from_json` reads it back."""
        plain = self._asdict()
        plain["id"] = str(self.id)
        plain["occurred_at"] = self.occurred_at.isoformat()
        plain["request"] = self.request and self.request._asdict()
        return object_with("exceptions", exceptions_to_json(self.exceptions), plain)

    def to_plain(self) -> dict[str, Any]:
        """Return the report as JSON-safe dicts and lists."""
        plain: dict[str, Any] = json.loads(self.to_json())
        return plain

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """Read a report of this or an older version; unknown members are left out.

        Raises ValueError if the text is no report.
        """
        return from_plain(json.loads(text))


REPORT_MEMBERS = Report._fields


def from_plain(data: dict[str, Any]) -> Report:
    """Return the report that the dicts describe.

    Members that this version does not know are left out, and those that an older version did not write get their default; so a newer report
    is read as far as it is understood. Raises ValueError where a member that every version has is missing or wrong.
    """
    try:
        values = known(data, REPORT_MEMBERS)
        values["id"] = UUID(data["id"])
        values["occurred_at"] = datetime.fromisoformat(data["occurred_at"])
        values["fingerprint_parts"] = tuple(data.get("fingerprint_parts") or ())
        values["exceptions"] = tuple(map(exception_from, data.get("exceptions") or ()))
        request = data.get("request")
        values["request"] = RequestSnapshot(**known(request, REQUEST_MEMBERS)) if request else None
        return Report(**values)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"This is no report: {error!r}") from error
