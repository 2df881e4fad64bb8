"""What the recorder gives back for a report."""

from typing import NamedTuple
from uuid import UUID


class Receipt(NamedTuple):
    """Proof of what became of one failure.

    `reference` and `occurrence_id` are None unless a durable step has succeeded; `status` is the HTTP status that the failure maps to;
    `retry_after` is in seconds.
    """

    durable: bool
    occurrence_id: UUID | None = None
    reference: str | None = None
    request_id: str = ""
    status: int = 500
    retry_after: int | None = None
