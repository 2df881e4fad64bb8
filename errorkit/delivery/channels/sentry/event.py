"""From a stored report to Sentry's event: pure JSON, built anew for each try.

Source: https://develop.sentry.dev/sdk/data-model/event-payloads/ and its pages on exceptions, stack traces, requests and contexts.
"""

import re
from datetime import UTC
from typing import Any

from errorkit import __version__
from errorkit.delivery.channels.base import DeliveryContext
from errorkit.delivery.channels.sentry.names import environment_name, release_name
from errorkit.reports.parts import Frame, RaisedException
from errorkit.reports.report import Report

MAX_FRAMES = 100
TAG_KEY, TAG_VALUE = 32, 200
NOT_IN_TAG_KEY = re.compile(r"[^a-zA-Z0-9_.:-]")
# What is left out at which level; each level leaves out what the ones before it do.
NO_LOCALS, NO_EXTRAS, NO_SOURCE = 1, 2, 3
TRIM_LEVELS = NO_SOURCE


def build_event(report: Report, context: DeliveryContext, *, trim: int = 0) -> dict[str, Any]:
    """Return the event. Its id is the occurrence's, so that a repeat is recognised."""
    event: dict[str, Any] = {
        "event_id": report.id.hex,
        "timestamp": report.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "platform": "python",
        "level": report.level,
        "logger": "errorkit",
        "transaction": _transaction(report),
        "server_name": report.server,
        "release": release_name(report.release),
        "environment": environment_name(report.environment),
        "tags": _tags(report, context),
        "contexts": _contexts(report, context, trim=trim),
        "user": {"id": report.user_id} if report.user_id else None,
        "request": _request(report, trim=trim),
        "sdk": {"name": "errorkit.python", "version": __version__},
    }
    if report.exceptions:
        event["exception"] = {"values": _exceptions(report, trim=trim)}
    else:
        event["logentry"] = {"formatted": report.title}
    return {name: value for name, value in event.items() if value}


def _transaction(report: Report) -> str:
    return (report.request.route if report.request else "") or report.location


def _exceptions(report: Report, *, trim: int) -> list[dict[str, Any]]:
    """Return the oldest cause first and the raised one last, as Sentry reads them."""
    raised = report.exceptions
    groups = {each.parent for each in raised if each.relation == "member"}
    values = [
        _exception(each, number, handled=report.handled, is_group=number in groups, trim=trim)
        for number, each in enumerate(raised)
    ]
    return values[::-1]


SOURCES = {"cause": "__cause__", "context": "__context__", "member": "exceptions"}


def _exception(
    raised: RaisedException, number: int, *, handled: bool, is_group: bool, trim: int
) -> dict[str, Any]:
    mechanism: dict[str, Any] = {
        "type": "errorkit" if raised.parent is None else "chained",
        "handled": handled,
        "exception_id": number,
    }
    if raised.parent is not None:
        mechanism |= {"parent_id": raised.parent, "source": SOURCES.get(raised.relation, "")}
    if is_group:
        mechanism["is_exception_group"] = True
    value: dict[str, Any] = {
        "type": raised.type,
        "value": "\n".join([raised.message, *raised.notes]),
        "module": raised.module,
        "mechanism": mechanism,
    }
    if raised.frames:
        value["stacktrace"] = {"frames": [_frame(each, trim=trim) for each in _ends(raised.frames)]}
    return value


def _ends(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Return at most 100 frames; the middle of a deep recursion says least."""
    if len(frames) <= MAX_FRAMES:
        return frames
    return frames[: MAX_FRAMES // 2] + frames[-MAX_FRAMES // 2 :]


def _frame(frame: Frame, *, trim: int) -> dict[str, Any]:
    value: dict[str, Any] = {
        "filename": frame.filename,
        "abs_path": frame.abs_path or frame.filename,
        "module": frame.module,
        "function": frame.function,
        "lineno": frame.lineno,
        "in_app": frame.in_app,
    }
    if trim < NO_SOURCE and frame.context_line:
        value |= {
            "context_line": frame.context_line,
            "pre_context": list(frame.pre_context),
            "post_context": list(frame.post_context),
        }
    if trim < NO_LOCALS and frame.locals:
        value["vars"] = frame.locals
    return value


def _request(report: Report, *, trim: int) -> dict[str, Any] | None:
    request = report.request
    if request is None:
        return None
    place = f"{request.scheme}://{request.host}" if request.host else ""
    value: dict[str, Any] = {
        "url": place + request.path,
        "method": request.method,
        "query_string": request.query,
        "headers": request.headers,
    }
    if request.remote:
        value["env"] = {"REMOTE_ADDR": request.remote}
    if trim < NO_EXTRAS and request.body is not None:
        value["data"] = request.body
    return value


def _tags(report: Report, context: DeliveryContext) -> dict[str, str]:
    ours = {
        "errorkit.reference": report.reference,
        "errorkit.incident": str(context.incident.id) if context.incident else "",
        "errorkit.transition": context.transition,
        "request_id": report.request_id,
        "kind": report.kind,
    }
    tags = {
        NOT_IN_TAG_KEY.sub("_", key)[:TAG_KEY]: " ".join(value.split())[:TAG_VALUE]
        for key, value in {**report.tags, **ours}.items()
    }
    return {key: value for key, value in tags.items() if key and value}


def _contexts(report: Report, context: DeliveryContext, *, trim: int) -> dict[str, Any]:
    given = report.context if trim < NO_EXTRAS else {}
    contexts: dict[str, Any] = {
        name: value if isinstance(value, dict) else {"value": value}
        for name, value in given.items()
    }
    if report.runtime:
        name, _, version = report.runtime.partition(" ")
        contexts["runtime"] = {"name": name, "version": version}
    if report.trace_id and report.span_id:
        contexts["trace"] = {"trace_id": report.trace_id, "span_id": report.span_id}
    if report.status:
        contexts["response"] = {"status_code": report.status}
    contexts["errorkit"] = _about(report, context)
    return contexts


def _about(report: Report, context: DeliveryContext) -> dict[str, Any]:
    about: dict[str, Any] = {"reference": report.reference, "location": report.location}
    if context.light_before:
        about["occurrences_without_details_before"] = context.light_before
    if incident := context.incident:
        about |= {"incident": incident.id, "times_seen": incident.times_seen, "url": incident.url}
    return {name: value for name, value in about.items() if value}
