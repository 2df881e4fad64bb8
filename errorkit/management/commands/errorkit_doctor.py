"""Send a test report through every rung and channel, and name what is broken."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from errorkit.conf import get_config, get_problems
from errorkit.delivery.channels import aliases
from errorkit.delivery.outbox import deliver, owe_test
from errorkit.delivery.texts import describe
from errorkit.health.liveness import is_overdue
from errorkit.health.migrations import pending_migrations
from errorkit.models import Delivery, Heartbeat, Occurrence
from errorkit.models.occurrence import columns_of
from errorkit.reports.identity import make_occurrence_id
from errorkit.reports.parts import RaisedException
from errorkit.reports.report import Report
from errorkit.storage.bounded import bounded
from errorkit.storage.local import local_spool, spool_problem

SECONDS = 10.0
PAUSE = 0.1  # seconds
START = "start a Celery worker with beat, or errorkit_deliver --loop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of one examination."""

    subject: str
    fine: bool
    text: str


class Command(BaseCommand):
    """`errorkit_doctor [--json]`; ends with 1 if anything is broken. No report that it writes stays; what it sends says that it is a test."""

    help = "Send a test report through every rung and channel."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --json."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine everything, and print each finding as soon as it is there."""
        findings = []
        for finding in examine():
            findings.append(finding)
            if not options["json"]:
                mark = "ok    " if finding.fine else "BROKEN"
                self.stdout.write(f"{mark} {finding.subject}: {finding.text}")
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2))
        if not all(finding.fine for finding in findings):
            raise SystemExit(1)


def examine() -> Iterator[Finding]:
    """Try everything, one after the other; never raises."""
    report = _test_report()
    yield _try("settings", _examine_settings)
    yield _try("migrations", _examine_migrations)
    yield _try("database", partial(_examine_database, report))
    yield _try("spool", partial(_examine_spool, report))
    yield _try("sweep", _examine_sweep)
    for alias in aliases():
        yield _try(f"channel {alias}", partial(_examine_channel, alias))


class BrokenError(Exception):
    """An examination has found something."""


def _try(subject: str, examination: Callable[[], str]) -> Finding:
    try:
        return Finding(subject=subject, fine=True, text=examination())
    except BrokenError as error:
        return Finding(subject=subject, fine=False, text=str(error))
    except Exception as error:  # noqa: BLE001 - whatever is broken, the next examination is still wanted
        return Finding(subject=subject, fine=False, text=describe(error))


def _examine_settings() -> str:
    if problems := get_problems():
        raise BrokenError(" ".join(problem.message for problem in problems))
    return "every key is known and every value usable"


def _examine_migrations() -> str:
    alias = get_config().database
    with bounded(alias, SECONDS):
        missing = pending_migrations(alias)
    if missing:
        raise BrokenError(f"run migrate: {', '.join(missing)}")
    return "all have been run"


def _examine_database(report: Report) -> str:
    alias = get_config().database
    with bounded(alias, SECONDS), transaction.atomic(using=alias):
        Occurrence.objects.using(alias).create(**columns_of(report))
        found = Occurrence.objects.using(alias).get(pk=report.id)
        transaction.set_rollback(True, using=alias)
    if found.report != report:
        raise BrokenError("a report does not come back as it was written")
    return f"a report was written to {alias!r} and read back"


def _examine_spool(report: Report) -> str:
    if get_config().spool_dir is None:
        return "switched off by SPOOL_DIR"
    spool = local_spool()
    if spool is None:
        raise BrokenError(spool_problem())
    spool.rehearse(columns_of(report))
    return f"a report can be written to {spool.path}"


def _examine_sweep() -> str:
    """What the tests below show is that a channel works, not that anybody delivers."""
    database = get_config().database
    with bounded(database, SECONDS):
        beat = Heartbeat.objects.using(database).filter(name="sweep").first()
    if beat is None:
        raise BrokenError(f"nobody has ever swept: {START}")
    seconds = (timezone.now() - beat.at).total_seconds()
    if is_overdue(seconds):
        raise BrokenError(f"the last sweep was {seconds:.0f} s ago: {START}")
    return f"the last one was {max(seconds, 0):.0f} s ago, on {beat.host}"


def _examine_channel(alias: str) -> str:
    """Owe a test and deliver it, as a worker does with everything else."""
    database = get_config().database
    with bounded(database, SECONDS):
        test = owe_test(alias, timezone.now())
    # Not bounded: it is the channel that takes its time here, with no transaction open.
    deliver(test.pk)
    until = time.monotonic() + SECONDS
    while True:
        with bounded(database, SECONDS):
            test.refresh_from_db(using=database)
        # A worker may have been faster.
        if test.status != Delivery.Status.SENDING or time.monotonic() > until:
            break
        time.sleep(PAUSE)
    if test.status not in {Delivery.Status.ACCEPTED, Delivery.Status.SKIPPED}:
        at_it = test.status == Delivery.Status.SENDING
        unsaid = "a worker is still at it" if at_it else "the channel rests"
        raise BrokenError(f"{test.status}: {test.last_error or test.reason or unsaid}")
    return f"{test.status} {test.reason or test.upstream_id}".strip()


def _test_report() -> Report:
    config = get_config()
    raised = RaisedException(type="DoctorTest", module="errorkit", message="This is a test.")
    return Report(
        id=make_occurrence_id(),
        occurred_at=datetime.now(UTC),
        kind="command",
        level="info",
        fingerprint="v1:errorkit-doctor",
        title="This is a test of errorkit_doctor",
        location="errorkit_doctor",
        environment=config.environment,
        exceptions=(raised,),
    )
