"""Deliveries as people read them: why each was owed, what became of it, where it is upstream."""

from collections.abc import Iterable
from dataclasses import dataclass

from errorkit.incidents.redelivery import UNDELIVERED, is_replayable
from errorkit.models import Delivery
from errorkit.oncall.reasons import openings_of, why_owed

# What a browser may be led to: the rows hold what other services have said.
WEB = ("https://", "http://")
LOUD = frozenset({Delivery.Status.DEAD, Delivery.Status.EXPIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """One delivery; `opened` says whether its details show at once, `retries` and `replays` which button it has."""

    row: Delivery
    why: str
    link: str
    opened: bool
    retries: bool
    replays: bool


def view_deliveries(rows: Iterable[Delivery], *, opened: bool = False) -> list[DeliveryView]:
    """Return what the pages show of each; what is dead or expired is opened anyway."""
    deliveries = list(rows)
    openings = openings_of(deliveries)
    return [
        DeliveryView(
            row=each,
            why=why_owed(each, openings),
            link=each.upstream_url if each.upstream_url.startswith(WEB) else "",
            opened=opened or each.status in LOUD,
            retries=each.status in UNDELIVERED,
            replays=is_replayable(each),
        )
        for each in deliveries
    ]
