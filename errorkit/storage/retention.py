"""Delete what is past its retention, in small batches by indexed key. Run it as often as you like: it takes up where it was cut off."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.db import models
from django.utils import timezone

from errorkit.conf import Retention, get_config
from errorkit.incidents.wording import read_words
from errorkit.models import (
    Delivery,
    Feedback,
    Heartbeat,
    HourlyCount,
    HourlyTotal,
    Incident,
    Occurrence,
)
from errorkit.reports.identity import first_id_of
from errorkit.storage import hosts
from errorkit.storage.survivors import choose_survivors, pinned

BATCH = 1_000
NAME = "prune"

Batches = Iterator[Sequence[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneResult:
    """How many rows of which kind were deleted, or would be. `finished` is false if the time was up first."""

    deleted: Mapping[str, int] = field(default_factory=dict)
    finished: bool = True


class Rule(NamedTuple):
    """One kind of row, and the keys of those that have to go, in batches."""

    name: str
    model: type[models.Model]
    doomed: Callable[["Run"], Batches]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the rules need to know. `since` is when the last complete run began."""

    alias: str
    now: datetime
    keep: Retention
    since: datetime | None

    def ago(self, days: float) -> datetime:
        """Return the moment so many days ago."""
        return self.now - timedelta(days=days)


def prune(*, dry_run: bool = False, seconds: float = 600.0) -> PruneResult:
    """Delete what RETENTION says, for so many seconds at most; `dry_run` only counts.

    No statement touches more than a thousand rows, each batch commits by itself, and nothing runs inside a request.
    """
    config = get_config()
    beats = Heartbeat.objects.using(config.database)
    before = beats.filter(name=NAME).values_list("at", flat=True).first()
    run = Run(alias=config.database, now=timezone.now(), keep=config.retention, since=before)
    end = time.monotonic() + seconds
    deleted: dict[str, int] = {}
    for rule in RULES:
        for keys in rule.doomed(run):
            deleted[rule.name] = deleted.get(rule.name, 0) + len(keys)
            if not dry_run:
                rule.model._default_manager.using(run.alias).filter(pk__in=keys).delete()
            if time.monotonic() > end:
                return PruneResult(deleted=deleted, finished=False)
    if not dry_run:
        _forget_gone(run)
    if not dry_run and not beats.filter(name=NAME).update(at=run.now):
        beats.bulk_create([Heartbeat(name=NAME, at=run.now)], ignore_conflicts=True)
    return PruneResult(deleted=deleted)


def _old_occurrences(run: Run) -> Batches:
    """Age is absolute: also what the other rules would keep goes."""
    end = first_id_of(run.ago(run.keep.days))
    return _walk(Occurrence.objects.using(run.alias).filter(id__lt=end))


def _light_occurrences(run: Run) -> Batches:
    """Look at each row between the ages once, in windows, because light rows have no index of their own."""
    end = first_id_of(run.ago(run.keep.light_days))
    rows = Occurrence.objects.using(run.alias).filter(id__lt=end).order_by("id")
    last = (
        first_id_of(run.since - timedelta(days=run.keep.light_days)) if run.since else UUID(int=0)
    )
    while window := list(rows.filter(id__gt=last).values_list("id", "full")[: BATCH * 2]):
        last = window[-1][0]
        light = [pk for pk, full in window if not full]
        yield from _chunks(light)


def _surplus_occurrences(run: Run) -> Batches:
    """Thin out incidents that have more full occurrences than are kept of one."""
    incidents = Incident.objects.using(run.alias).filter(
        times_seen__gt=models.F("times_light") + run.keep.full_per_incident
    )
    if run.since:
        # What has not been seen since the last run has not grown.
        incidents = incidents.filter(last_seen__gte=run.since - timedelta(days=1))
    for [pk] in incidents.order_by("pk").values_list("pk").iterator():
        full = Occurrence.objects.using(run.alias).filter(incident=pk, full=True)
        keys = list(full.order_by("id").values_list("id", flat=True))
        survivors = choose_survivors(keys, pinned(pk, run.alias), run.keep.full_per_incident)
        yield from _chunks([key for key in keys if key not in survivors])


def _forget_gone(run: Run) -> None:
    """Let no incident point at a full occurrence that its age has taken, nor be found by what was in it."""
    end = first_id_of(run.ago(run.keep.days))
    incidents = Incident.objects.using(run.alias)
    for keys in _walk(incidents.filter(last_full_id__lt=end)):
        incidents.filter(pk__in=keys, last_full_id__lt=end).update(last_full_id=None)
        read_words(incidents.filter(pk__in=keys, last_full_id=None), run.alias, run.now)


def _old_hours(model: type[HourlyCount | HourlyTotal], run: Run) -> Batches:
    rows = model._default_manager.using(run.alias).order_by("pk")
    return _walk_until_young(rows.values_list("pk", "hour"), run.ago(run.keep.count_days))


def _old_deliveries(run: Run) -> Batches:
    rows = Delivery.objects.using(run.alias).filter(finished_at__isnull=False).order_by("pk")
    return _walk_until_young(rows.values_list("pk", "created_at"), run.ago(run.keep.days))


def _orphaned_feedback(run: Run) -> Batches:
    """A message goes with its incident; one whose occurrence never arrived goes by its own age."""
    waiting = Feedback.objects.using(run.alias).filter(incident=None)
    return _walk(waiting.filter(at__lt=run.ago(run.keep.days)))


def _forgotten_incidents(run: Run) -> Batches:
    """An incident goes when even its counts have gone."""
    old = Incident.objects.using(run.alias).filter(last_seen__lt=run.ago(run.keep.count_days))
    return _walk(old.filter(occurrences=None), size=100)


def _silent_hosts(run: Run) -> Batches:
    """What a host has said of its spool goes when the host has long been gone."""
    told = Heartbeat.objects.using(run.alias).filter(name__startswith=hosts.PREFIX)
    return _walk(told.filter(at__lt=run.ago(run.keep.light_days)))


def _walk(rows: models.QuerySet[Any], *, size: int = BATCH) -> Batches:
    last: Any = None
    while True:
        page = rows if last is None else rows.filter(pk__gt=last)
        keys = list(page.order_by("pk").values_list("pk", flat=True)[:size])
        if not keys:
            return
        last = keys[-1]
        yield keys


def _walk_until_young(rows: models.QuerySet[Any, tuple[Any, datetime]], end: datetime) -> Batches:
    """Go through rows whose keys grow with time; a window without an old row is the last one looked at."""
    last = 0
    while window := list(rows.filter(pk__gt=last)[:BATCH]):
        last = window[-1][0]
        old = [pk for pk, moment in window if moment < end]
        if not old:
            return
        yield old


def _chunks(keys: Sequence[Any]) -> Batches:
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]


RULES = (
    Rule("occurrences", Occurrence, _old_occurrences),
    Rule("light occurrences", Occurrence, _light_occurrences),
    Rule("surplus occurrences", Occurrence, _surplus_occurrences),
    Rule("deliveries", Delivery, _old_deliveries),
    Rule("hourly counts", HourlyCount, partial(_old_hours, HourlyCount)),
    Rule("hourly totals", HourlyTotal, partial(_old_hours, HourlyTotal)),
    Rule("feedback without an incident", Feedback, _orphaned_feedback),
    Rule("incidents", Incident, _forgotten_incidents),
    Rule("hosts", Heartbeat, _silent_hosts),
)
