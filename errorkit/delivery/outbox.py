"""Owe, send, retry: what is promised to channels, kept in rows.

`owe...` is called inside the transaction of the digest, so a delivery exists exactly if the occurrence is counted.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db.models import QuerySet
from django.utils import timezone

from errorkit.conf import get_config
from errorkit.delivery.backoff import PATIENCE
from errorkit.delivery.channels import get_channel
from errorkit.delivery.owing import make_delivery, owe
from errorkit.delivery.routing import forwarding, is_forwarded
from errorkit.delivery.sending import deliver, send_due
from errorkit.exceptions import InvalidChannelError
from errorkit.models import Delivery, Incident, Occurrence
from errorkit.models.transitions import Change, Transition
from errorkit.reports.identity import first_id_of

__all__ = [
    "backfill",
    "deliver",
    "full_between",
    "make_delivery",
    "owe",
    "owe_forwards",
    "owe_test",
    "retry",
    "send_due",
]


BACKFILL_CHUNK = 500
# An id is made when the failure happens, a moment after the time that its report gives.
RECORDED_LATE = timedelta(minutes=1)


def owe_forwards(changes: Sequence[Change], now: datetime) -> int:
    """Owe each full occurrence to each channel that forwards; return how many are owed."""
    channels = forwarding()
    if not channels:
        return 0
    return owe([row for change in changes for row in _forwards(change, channels, now)])


def retry(delivery: Delivery) -> bool:
    """Make an ended delivery due again, with the same key and fresh attempts; False if it has not ended."""
    now = timezone.now()
    ended = Delivery.objects.using(get_config().database).filter(
        pk=delivery.pk, finished_at__isnull=False
    )
    return (
        ended.update(
            status=Delivery.Status.PENDING,
            reason="",
            attempts=0,
            lost=0,
            next_attempt_at=now,
            expires_at=now + PATIENCE[delivery.purpose].lifetime,
            finished_at=None,
        )
        == 1
    )


def backfill(alias: str, *, since: datetime, until: datetime) -> int:
    """Owe a forwarding channel the full occurrences of a time range that its routes let through, for one that was added or broken.

    Return how many are owed. What it has been owed before stays as it is: use `retry` for that. Raises InvalidChannelError, also for a
    channel that does not forward.
    """
    if not get_channel(alias).forwards:
        raise InvalidChannelError(f"the channel {alias!r} takes no forwards")
    now = timezone.now()
    rows = full_between(since, until).select_related("incident").defer("payload").order_by("pk")
    owed, last = 0, UUID(int=0)
    while chunk := list(rows.filter(pk__gt=last)[:BACKFILL_CHUNK]):
        owed += owe(list(_missed(chunk, alias, now)))
        last = chunk[-1].pk
    return owed


def _missed(rows: Sequence[Occurrence], alias: str, now: datetime) -> Iterator[Delivery]:
    for row in rows:
        if (incident := row.incident) is None:
            continue
        # What it did to its incident is not kept with it; that it was the first one can be seen.
        opening = row.occurred_at <= incident.first_seen
        transition = Transition.OPENED if opening else Transition.REPEATED
        if is_forwarded(row, alias, transition=transition):
            yield _forward(incident, row, alias, now)


def full_between(since: datetime, until: datetime) -> QuerySet[Occurrence]:
    """Return the digested full occurrences of a time range."""
    return (
        Occurrence.objects.using(get_config().database)
        .filter(full=True, incident__isnull=False)
        # The ids are in the order of time, and indexed; the exact bounds are those of the second line.
        .filter(pk__gte=first_id_of(since), pk__lt=first_id_of(until + RECORDED_LATE))
        .filter(occurred_at__gte=since, occurred_at__lt=until)
    )


def owe_test(alias: str, now: datetime) -> Delivery:
    """Owe a test message to a channel, by the way that everything else goes; return its row."""
    key = f"test:{alias}:{uuid4().hex}"
    test = make_delivery(Delivery.Purpose.TEST, alias, key=key, now=now)
    owe([test])
    return Delivery.objects.using(get_config().database).get(key=key)


def _forward(
    incident: Incident,
    occurrence: Occurrence,
    alias: str,
    now: datetime,
    *,
    transition: str = "",
    light_before: int = 0,
) -> Delivery:
    return make_delivery(
        Delivery.Purpose.FORWARD,
        alias,
        key=f"forward:{alias}:{occurrence.pk.hex}",
        now=now,
        incident=incident,
        occurrence=occurrence,
        transition=transition,
        light_before=light_before,
    )


def _forwards(change: Change, channels: Sequence[str], now: datetime) -> Iterator[Delivery]:
    untold = _untold(change)
    for occurrence in change.full:
        # Within a batch nobody knows which came first, so the last one tells of all light ones.
        light_before = untold if occurrence is change.full[-1] else 0
        for alias in channels:
            if not is_forwarded(occurrence, alias, transition=change.transition):
                continue
            yield _forward(
                change.incident,
                occurrence,
                alias,
                now,
                transition=change.transition,
                light_before=light_before,
            )


def _untold(change: Change) -> int:
    """Return how many light occurrences no delivery has told of yet, and take them as told now."""
    incident = change.incident
    untold = incident.times_light - incident.light_told
    if untold <= 0 or not change.full:
        return 0
    incident.light_told = incident.times_light
    Incident.objects.using(get_config().database).filter(pk=incident.pk).update(
        light_told=incident.light_told
    )
    return untold
