"""Sentry's event, as far as errorkit fills it in, as a JSON schema.

Written from the field rules at https://develop.sentry.dev/sdk/data-model/event-payloads/. Relay (`relay.py`) says whether Sentry takes an
event; this says that nothing is in it that was not meant: a member that is not listed here is an error.
"""

from typing import Any

TEXT = {"type": "string"}
TIMESTAMP = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$"}


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "additionalProperties": False,
        "properties": properties,
    }


FRAME = _object(
    ("filename", "function", "lineno", "in_app"),
    filename=TEXT,
    abs_path=TEXT,
    module=TEXT,
    function=TEXT,
    lineno={"type": "integer", "minimum": 0},
    in_app={"type": "boolean"},
    context_line=TEXT,
    pre_context={"type": "array", "items": TEXT},
    post_context={"type": "array", "items": TEXT},
    vars={"type": "object"},
)
MECHANISM = _object(
    ("type",),
    type={"type": "string", "minLength": 1},
    handled={"type": "boolean"},
    exception_id={"type": "integer", "minimum": 0},
    parent_id={"type": "integer", "minimum": 0},
    is_exception_group={"type": "boolean"},
    source=TEXT,
)
EXCEPTION = _object(
    ("type", "value", "mechanism"),
    type=TEXT,
    value=TEXT,
    module=TEXT,
    mechanism=MECHANISM,
    stacktrace=_object(
        ("frames",), frames={"type": "array", "minItems": 1, "maxItems": 100, "items": FRAME}
    ),
)
TRACE = {
    "type": "object",
    "required": ["trace_id", "span_id"],
    "properties": {
        "trace_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "span_id": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
    },
}
EVENT = _object(
    ("event_id", "timestamp", "platform", "level", "sdk"),
    event_id={"type": "string", "pattern": "^[0-9a-f]{32}$"},
    timestamp=TIMESTAMP,
    platform={"const": "python"},
    level={"enum": ["fatal", "error", "warning", "info", "debug"]},
    logger=TEXT,
    transaction=TEXT,
    server_name=TEXT,
    release=TEXT,
    environment={"type": "string", "maxLength": 64, "pattern": r"^[^\r\n\f/]*$"},
    fingerprint={"type": "array", "items": TEXT},
    tags={
        "type": "object",
        "propertyNames": {"maxLength": 32, "pattern": r"^[a-zA-Z0-9_.:-]+$"},
        "additionalProperties": {"type": "string", "maxLength": 200, "pattern": r"^[^\n]*$"},
    },
    contexts={
        "type": "object",
        "properties": {"trace": TRACE},
        "additionalProperties": {"type": "object"},
    },
    user=_object(id=TEXT),
    request=_object(
        url=TEXT,
        method=TEXT,
        query_string=TEXT,
        headers={"type": "object", "additionalProperties": TEXT},
        data={},
        env={"type": "object"},
    ),
    exception=_object(("values",), values={"type": "array", "minItems": 1, "items": EXCEPTION}),
    logentry=_object(("formatted",), formatted=TEXT),
    sdk=_object(("name", "version"), name=TEXT, version=TEXT),
)
