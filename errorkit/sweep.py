"""One round of everything that is due; shared by the background thread, the Celery task and the command."""

import socket
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils import timezone

from errorkit.conf import get_config
from errorkit.delivery.outbox import send_due
from errorkit.incidents.feedback import adopt_feedback
from errorkit.incidents.upkeep import keep_up
from errorkit.models import Heartbeat
from errorkit.oncall import deadman
from errorkit.oncall.rounds import URGENT, go_round, goes_on, has_steps
from errorkit.storage.digest import BATCH, digest
from errorkit.storage.drain import drain
from errorkit.storage.hosts import tell_spool

OVERDUE = timedelta(seconds=60)
ALONE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult:
    """What one round did. `busy`: another process was digesting, so something may be left.

    `unsure`: alerts are owed, or to come, and it is not certain that somebody else will see to them.
    """

    drained: int = 0
    digested: int = 0
    owed: int = 0
    delivered: int = 0
    busy: bool = False
    unsure: bool = False


def sweep(*, deliver: bool = True, seconds: float = 10.0) -> SweepResult:
    """Drain this host's spool, digest what waits, send what is due, and leave a sign of life.

    Goes on while batches come full: what comes in meanwhile is left to the next round, which costs less than many small batches. Takes `seconds` and
    one batch at most, then what the last channel takes. Raises what the database raises; what was done until then is done.
    """
    until = time.monotonic() + seconds
    result = _take_in(until)
    if result.digested:
        adopt_feedback()
    tell_spool()
    if deliver:
        return _send_everything(result, until)
    if nobody_sweeps(timezone.now()):
        return _send_alerts(result)
    # Whoever swept a moment ago may be gone by now.
    return replace(result, unsure=result.owed > 0 or (result.digested > 0 and has_steps()))


def _take_in(until: float) -> SweepResult:
    drained = digested = owed = 0
    while True:
        moved, batch = drain(), digest()
        drained += moved.moved
        digested += moved.digested + batch.digested
        owed += moved.owed + batch.owed
        is_done = not moved.more and batch.digested < BATCH
        if is_done or time.monotonic() >= until:
            return SweepResult(drained=drained, digested=digested, owed=owed, busy=batch.busy)


def _send_everything(result: SweepResult, until: float) -> SweepResult:
    keep_up(timezone.now())
    owed = result.owed + go_round(timezone.now())
    delivered = send_due(seconds=max(1.0, until - time.monotonic()))
    leave_sign_of_life("sweep")
    deadman.call(timezone.now())
    return replace(result, owed=owed, delivered=delivered)


def _send_alerts(result: SweepResult) -> SweepResult:
    """Stand in for the sweep in what cannot wait for it."""
    owed = result.owed + go_round(timezone.now(), alone=True)
    delivered = send_due(seconds=ALONE_SECONDS, purposes=URGENT)
    return replace(result, owed=owed, delivered=delivered, unsure=goes_on())


def nobody_sweeps(now: datetime) -> bool:
    """Return whether the last full sweep was more than 60 s ago, or there never was one: then whoever digests sends the alerts, too."""
    swept = Heartbeat.objects.using(get_config().database).filter(name="sweep")
    return not swept.filter(at__gt=now - OVERDUE).exists()


def leave_sign_of_life(name: str) -> None:
    """Say that this has run just now, and where."""
    beats = Heartbeat.objects.using(get_config().database)
    seen = {"at": timezone.now(), "host": socket.gethostname()[:128]}
    if not beats.filter(name=name).update(**seen):
        # Another process that is as new as this one may be a moment ahead.
        beats.bulk_create([Heartbeat(name=name, **seen)], ignore_conflicts=True)
