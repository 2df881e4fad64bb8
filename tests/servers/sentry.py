"""A server that speaks Sentry's envelope protocol, as far as errors go.

Source: https://develop.sentry.dev/sdk/data-model/envelopes/
"""

import gzip
import json
from dataclasses import dataclass
from typing import Any

from tests.servers.receiver import Received, Receiver, Reply

KEY = "0123456789abcdef0123456789abcdef"
PROJECT = "42"


@dataclass(frozen=True, kw_only=True)
class Envelope:
    headers: dict[str, Any]
    event: dict[str, Any]
    packed: int


class Sentry(Receiver):
    """Accepts envelopes with the right key; everything else is refused as Sentry does."""

    def __init__(self) -> None:
        super().__init__()
        self.accepted: list[Envelope] = []

    @property
    def dsn(self) -> str:
        return f"http://{KEY}@127.0.0.1:{self.port}/{PROJECT}"

    @property
    def event_ids(self) -> list[str]:
        return [envelope.event["event_id"] for envelope in self.accepted]

    def default(self, request: Received) -> Reply:
        if request.path != f"/api/{PROJECT}/envelope/":
            return _refuse(404, "no such project")
        if f"sentry_key={KEY}" not in request.headers.get("X-Sentry-Auth", ""):
            return _refuse(403, "bad key")
        if request.headers.get("Content-Type") != "application/x-sentry-envelope":
            return _refuse(400, "not an envelope")
        try:
            envelope = read_envelope(request)
        except (ValueError, KeyError, OSError) as error:
            return _refuse(400, str(error))
        self.accepted.append(envelope)
        return accept(envelope.event["event_id"])


def accept(event_id: str = "0" * 32, **headers: str) -> Reply:
    return Reply(body=json.dumps({"id": event_id}).encode(), headers=headers)


def read_envelope(request: Received) -> Envelope:
    """Read an envelope of one event; raises ValueError for what Sentry would not take."""
    body = request.body
    if request.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    head, _, rest = body.partition(b"\n")
    item_head, _, rest = rest.partition(b"\n")
    headers, item = json.loads(head), json.loads(item_head)
    payload = rest[: item["length"]] if "length" in item else rest.partition(b"\n")[0]
    event = json.loads(payload)
    if item["type"] != "event" or headers["event_id"] != event["event_id"]:
        raise ValueError("the item is not the event of the header")
    if rest[len(payload) :].strip():
        raise ValueError("more than one item")
    return Envelope(headers=headers, event=event, packed=len(request.body))


def _refuse(status: int, reason: str) -> Reply:
    return Reply(
        status=status,
        body=json.dumps({"detail": reason}).encode(),
        headers={"X-Sentry-Error": reason},
    )
