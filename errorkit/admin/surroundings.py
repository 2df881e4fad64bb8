"""What was around a failure: the last log records, and how the machine was."""

import re
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from errorkit.reports.report import Report

# These parts of a report's context have a place of their own on the page.
SHOWN_APART = frozenset({"log", "machine"})
LINE = re.compile(r"(\d\d:\d\d:\d\d\.\d{3}) ([A-Z]+) (\S*): (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crumb:
    """One log record before the failure."""

    time: str
    level: str
    logger: str
    message: str


def trail_of(report: Report) -> tuple[Crumb, ...]:
    """Return the records that led to the failure, oldest first."""
    log = report.context.get("log")
    return tuple(_crumb(str(line)) for line in log) if isinstance(log, list) else ()


def _crumb(line: str) -> Crumb:
    parts = LINE.fullmatch(line)
    if parts is None:
        return Crumb(time="", level="", logger="", message=line)
    time, level, logger, message = parts.groups()
    return Crumb(time=time, level=level, logger=logger, message=message)


def view_machine(report: Report) -> tuple[tuple[str, str], ...]:
    """Return how the server was, and which Python ran, as labelled values."""
    taken = report.context.get("machine")
    known: dict[str, Any] = taken if isinstance(taken, dict) else {}
    facts = (
        (_("Server"), report.server),
        (_("Python"), report.runtime),
        (_("Process"), known.get("process")),
        (_("Threads"), known.get("threads")),
        (_("Open database connections"), known.get("database_connections")),
        (_("Load"), known.get("load")),
        (_("Free disk"), _bytes(known.get("disk_free"))),
        (_("Memory of the process"), _bytes(known.get("memory_used"))),
        (_("Free memory"), _bytes(known.get("memory_free"))),
    )
    return tuple((label, str(value)) for label, value in facts if value not in (None, ""))


def _bytes(value: Any) -> str:
    return filesizeformat(value) if isinstance(value, int) else ""
