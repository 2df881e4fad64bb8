"""From occurrences to incidents: group, count and find transitions, in batches, one digester at a time.

A batch is one transaction. Its rows are placed at their incident and added to the counts together, so that counts are exact whoever dies when.
"""

import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from errorkit import signals
from errorkit.conf import get_config
from errorkit.delivery.outbox import owe_forwards
from errorkit.incidents.wording import refresh_words
from errorkit.models import Fingerprint, Heartbeat, Occurrence
from errorkit.models.transitions import Change, Transition
from errorkit.oncall.alerts import owe_alerts
from errorkit.oncall.waking import owe_woken
from errorkit.storage.batches import group_by_key
from errorkit.storage.counting import (
    Counted,
    count_hours,
    count_known,
    insert_digested,
    mark_digested,
    open_incidents,
    write_activities,
)
from errorkit.storage.leads import attach
from errorkit.storage.people import count_people
from errorkit.storage.totals import count_totals
from errorkit.storage.waking import wake_exceeded

logger = logging.getLogger("errorkit")

LOCK = "digest"
# With 250 a drain is a twentieth faster, and each process of a storm of new failures keeps 5 MB more for the largest batch.
BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestResult:
    """What one batch did. `busy`: another process was at it; `owed` counts alerts and forwards."""

    digested: int = 0
    changes: tuple[Change, ...] = ()
    owed: int = 0
    busy: bool = False


def digest(limit: int = BATCH) -> DigestResult:
    """Digest the oldest undigested occurrences, `limit` at most.

    1. Take the digest's turn; whoever does not get it leaves with `busy`.
    2. Find or open the incident of each fingerprint.
    3. Mark the rows; whoever finds one marked already rolls back.
    4. Count, owe alerts and forwards. Signals are sent after commit.

    Raises what the database raises, and MovedError when something changed underneath: then nothing has happened, and trying again is right.
    """
    alias = get_config().database
    undigested = Occurrence.objects.using(alias).undigested()
    if not undigested.exists():
        return DigestResult()
    return _digest(alias, lambda: list(undigested.defer("payload")[:limit]), mark_digested)


def take_in(rows: Sequence[Occurrence]) -> DigestResult:
    """Store rows that are not in the database yet, digested at once; with `busy`, or when this raises, nothing has happened.

    Each is written once, with its incident; storing and digesting would write it twice and read it in between.
    """
    try:
        return _digest(get_config().database, lambda: rows, insert_digested)
    except Exception:
        # The incidents were rolled back, and the rows may yet be stored without.
        for row in rows:
            row.incident_id = None
        raise


def _digest(
    alias: str,
    find: Callable[[], Sequence[Occurrence]],
    place: Callable[[Sequence[Occurrence], Sequence[Counted], str], None],
) -> DigestResult:
    with transaction.atomic(using=alias):
        now = timezone.now()
        if not _take_turn(alias, now):
            return DigestResult(busy=True)
        rows = find()
        counted = _meet(rows, alias, now)
        place(rows, counted, alias)
        counted = _count(rows, counted, alias, now)
        changes = tuple(change for change, _ in counted)
        owed = owe_alerts(changes, now) + owe_woken(changes, now) + owe_forwards(changes, now)

        # A named function: Django before 6.1 cannot log a partial that fails.
        def tell() -> None:
            _tell(counted)

        transaction.on_commit(tell, using=alias, robust=True)
    return DigestResult(digested=len(rows), changes=changes, owed=owed)


def _take_turn(alias: str, now: datetime) -> bool:
    """Lock the digest's row until the end of the transaction, or return False.

    On SQLite the UPDATE is the first statement of the transaction, so that it takes the write lock before anything is read. Elsewhere a row lock is
    tried without waiting.
    """
    beats = Heartbeat.objects.using(alias)
    features = connections[alias].features
    if features.has_select_for_update:
        skip = features.has_select_for_update_skip_locked
        if not beats.select_for_update(skip_locked=skip).filter(name=LOCK):
            return _make_turn(alias, now)
    if beats.filter(name=LOCK).update(at=now, host=socket.gethostname()[:128]):
        return True
    return _make_turn(alias, now)


def _make_turn(alias: str, now: datetime) -> bool:
    """Create the row, which locks it just as well; False if it is there and somebody else's."""
    beats = Heartbeat.objects.using(alias)
    if beats.filter(name=LOCK).exists():
        return False
    try:
        with transaction.atomic(using=alias):
            beats.create(name=LOCK, at=now, host=socket.gethostname()[:128])
    except IntegrityError:
        return False
    return True


def _meet(rows: Sequence[Occurrence], alias: str, now: datetime) -> list[Counted]:
    """Find or open the incident of each row, and add the rows to its counts."""
    groups = group_by_key(rows)
    found = (
        Fingerprint.objects.using(alias)
        .select_related("incident")
        .filter(value__in={key.fingerprint for key in groups})
    )
    by_key = {(row.value, row.environment): row.incident for row in found}
    known = {key: by_key[key] for key in groups if key in by_key}
    unknown = {key: group for key, group in groups.items() if key not in known}
    known |= attach(unknown, alias, now)
    new = {key: group for key, group in unknown.items() if key not in known}
    return open_incidents(new, alias, now) + count_known(known, groups, alias)


def _count(
    rows: Sequence[Occurrence], counted: Sequence[Counted], alias: str, now: datetime
) -> list[Counted]:
    """Write down everything else that the rows, which are in place now, have changed."""
    count_hours(counted, alias)
    count_totals(counted, alias)
    count_people(rows, alias)
    write_activities(counted, alias, now)
    refresh_words([change.incident for change, _ in counted], alias, now)
    return wake_exceeded(counted, alias, now)


SIGNAL_OF = {
    Transition.OPENED: signals.incident_opened,
    Transition.REGRESSED: signals.incident_regressed,
}


def _tell(counted: Sequence[Counted]) -> None:
    for change, group in counted:
        if change.transition in SIGNAL_OF:
            told = group.telling
            logger.info(
                "Incident %s %s: %s, request %s, %s",
                change.incident.pk,
                change.transition.value,
                told.reference,
                told.request_id,
                told.fingerprint,
            )
            SIGNAL_OF[change.transition].send_robust(
                sender=type(change.incident),
                incident=change.incident,
                occurrence_id=group.telling.id,
            )
