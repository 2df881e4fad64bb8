"""The row that each try leaves."""

from datetime import datetime

from errorkit.conf import get_config
from errorkit.delivery.channels.base import Outcome
from errorkit.models import Delivery, DeliveryAttempt

LOST = "lost"
HIGHEST = 32_767


def log(delivery: Delivery, outcome: Outcome, *, started_at: datetime, now: datetime) -> None:
    """Write down a try that has ended."""
    _write(
        delivery,
        outcome.result,
        started_at=started_at,
        now=now,
        detail=outcome.detail,
        status_code=outcome.status_code,
    )


def log_lost(delivery: Delivery, *, started_at: datetime, now: datetime, detail: str) -> None:
    """Write down a try of which nobody knows how it ended."""
    _write(delivery, LOST, started_at=started_at, now=now, detail=detail)


def _write(
    delivery: Delivery,
    outcome: str,
    *,
    started_at: datetime,
    now: datetime,
    detail: str,
    status_code: int | None = None,
) -> None:
    attempt = DeliveryAttempt(
        delivery_id=delivery.pk,
        number=min(delivery.attempts + delivery.rate_limit_hits, HIGHEST),
        started_at=started_at,
        ended_at=now,
        outcome=outcome,
        status_code=status_code,
        detail=detail,
    )
    # Every delivery does this: without the signals of a save it takes a tenth less.
    DeliveryAttempt.objects.using(get_config().database).bulk_create([attempt])
