"""Our own POST of the envelope: the SDK's transport answers before anything was sent, and drops what does not fit its queue."""

import gzip
from datetime import UTC, datetime
from typing import cast

from sentry_sdk.consts import EndpointType
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport
from sentry_sdk.types import Event

from errorkit.delivery.channels.base import DeliveryContext, Outcome, Result
from errorkit.delivery.channels.sentry.answers import classify
from errorkit.delivery.channels.sentry.event import TRIM_LEVELS, build_event
from errorkit.delivery.http import USER_AGENT, Client
from errorkit.reports.report import Report

# https://docs.sentry.io/concepts/data-management/size-limits/
MAX_BYTES = 1_000_000
MAX_PACKED_BYTES = 200_000


class Sender(Transport):
    """Send one envelope per event and return what the server said."""

    def __init__(self, dsn: str) -> None:
        super().__init__({"dsn": dsn, "org_id": None})
        assert self.parsed_dsn is not None
        self.dsn = dsn
        self.client = Client()
        self.auth = self.parsed_dsn.to_auth(USER_AGENT)

    def send(self, report: Report, context: DeliveryContext) -> Outcome:
        """Send the report, with less in it where it is too large; raises urllib3's errors."""
        for trim in range(context.trim, TRIM_LEVELS + 1):
            raw = self._envelope(report, context, trim=trim).serialize()
            packed = gzip.compress(raw, 6)
            if len(raw) <= MAX_BYTES and len(packed) <= MAX_PACKED_BYTES:
                return self._post(packed)
        return Outcome(result=Result.PERMANENT, detail="too large at every trim level")

    def capture_envelope(self, envelope: Envelope) -> None:
        """Send an envelope as the SDK's contract has it, which cannot tell what became of it."""
        self._post(gzip.compress(envelope.serialize(), 6))

    def _envelope(self, report: Report, context: DeliveryContext, *, trim: int) -> Envelope:
        envelope = Envelope(
            headers={
                "event_id": report.id.hex,
                # The time of sending, not of the failure: a server shifts all times by the difference to its clock.
                "sent_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "dsn": self.dsn,
            }
        )
        envelope.add_event(cast("Event", build_event(report, context, trim=trim)))
        return envelope

    def _post(self, packed: bytes) -> Outcome:
        answer = self.client.post(
            self.auth.get_api_url(EndpointType.ENVELOPE),
            packed,
            {
                "Content-Type": "application/x-sentry-envelope",
                "Content-Encoding": "gzip",
                "X-Sentry-Auth": self.auth.to_header(),
            },
        )
        return classify(answer, datetime.now(UTC))
