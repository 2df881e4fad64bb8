"""A row of the occurrence table as text, for the spool and for stderr.

The text is a JSON object of columns, without the payload. Unknown columns are dropped and missing ones get their default, so that two versions of errorkit
can share a spool during a deploy.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from errorkit.models import Occurrence

# `json.dumps` with arguments of its own would make an encoder for each row.
ENCODER = json.JSONEncoder(separators=(",", ":"))
KNOWN = frozenset(field.name for field in Occurrence._meta.concrete_fields) - {
    "incident",
    "recorded_at",
}


def pack(columns: Mapping[str, Any]) -> str:
    """Return the columns but the payload as ASCII JSON."""
    plain = {name: value for name, value in columns.items() if name != "payload"}
    plain["id"] = str(plain["id"])
    plain["occurred_at"] = plain["occurred_at"].isoformat()
    return ENCODER.encode(plain)


def unpack(text: str, payload: str = "") -> Occurrence:
    """Return the unsaved row; raises ValueError, KeyError or TypeError if the text is none."""
    plain = json.loads(text)
    values = {name: plain[name] for name in KNOWN & plain.keys()}
    values["id"] = UUID(plain["id"])
    values["occurred_at"] = datetime.fromisoformat(plain["occurred_at"])
    return Occurrence(**values, payload=payload)
