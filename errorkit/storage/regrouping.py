"""Bring incidents in line with the newest version of the fingerprint, or with a changed IN_APP, from the reports that are stored.

A fingerprint whose reports all agree on a new one takes its incident along. Where two incidents get the same one, they join; where the
reports of one fingerprint disagree, those of the smaller parts leave for incidents of their own. What people have merged stays merged, and so
does whatever has no report that could tell.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from errorkit.conf import get_config
from errorkit.incidents.merging import keep_digest_out, merge
from errorkit.incidents.triage import Actor
from errorkit.models import Heartbeat, Incident, Occurrence
from errorkit.reports.fingerprints import newest_version
from errorkit.reports.stored import fingerprint_under
from errorkit.storage.leads import Leads, lead
from errorkit.storage.moving import move

NAME = "regroup"
ACTOR = Actor(user_id="", label="errorkit_regroup")
PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Occurrences that leave an incident: for another one, or for a new one (`into` None)."""

    fingerprint: str
    rows: tuple[UUID, ...]
    into: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Regrouped:
    """What becomes of one incident. `own` fingerprints will lead to it; `untold` of its reports do not tell.

    Incidents that a dry run would have made are named by a number below zero.
    """

    incident: Incident
    own: tuple[str, ...]
    parts: tuple[Part, ...]
    joins: tuple[int, ...]
    untold: int

    @property
    def changes(self) -> bool:
        """Return whether people will see a difference."""
        return bool(self.parts or self.joins)


def regroup(*, dry_run: bool = False, seconds: float = 3600.0) -> Iterator[Regrouped]:
    """Yield what becomes of each incident, once that is done; `dry_run` does nothing.

    One incident is one transaction of at most some thousand rows. Where the time is up, or the process is killed, the next run goes on.
    """
    config = get_config()
    aim = f"{newest_version()} {config.in_app}"
    leads, until = Leads(config.database), time.monotonic() + seconds
    after = 0 if dry_run else _progress(config.database, aim)
    while page := _page(config.database, after):
        for incident in page:
            found = _examine(incident, leads)
            if dry_run:
                _remember(found, leads)
            else:
                _apply(found, config.database)
            yield found
        after = page[-1].pk
        if not dry_run:
            _note_progress(config.database, aim, after)
        if time.monotonic() > until:
            return
    if not dry_run:
        _note_progress(config.database, aim, 0)


def _progress(alias: str, aim: str) -> int:
    """Return the last incident that a run with the same aim has done; 0 if there was none, or it has finished."""
    beat = Heartbeat.objects.using(alias).filter(name=NAME).first()
    return int(beat.data["after"]) if beat and beat.data.get("aim") == aim else 0


def _note_progress(alias: str, aim: str, after: int) -> None:
    values = {"at": timezone.now(), "data": {"aim": aim, "after": after}}
    Heartbeat.objects.using(alias).update_or_create(name=NAME, defaults=values)


def _page(alias: str, after: int) -> Sequence[Incident]:
    return list(Incident.objects.using(alias).filter(pk__gt=after).order_by("pk")[:PAGE])


def _examine(incident: Incident, leads: Leads) -> Regrouped:
    told, untold = _read(incident, leads.alias)
    # Of the reports of one fingerprint most decide where it goes.
    own = {max(news, key=lambda new: len(news[new])) for news in told.values()}
    apart: defaultdict[str, list[UUID]] = defaultdict(list)
    for news in told.values():
        for new in news.keys() - own:
            apart[new] += news[new]
    into = leads.find({*own, *apart}, incident.environment)
    elsewhere = sorted({into[each] for each in own if each in into} - {incident.pk})
    return Regrouped(
        incident=incident,
        own=tuple(sorted(own)),
        parts=tuple(
            Part(fingerprint=new, rows=tuple(rows), into=into.get(new))
            for new, rows in sorted(apart.items())
            if into.get(new) != incident.pk
        ),
        joins=tuple(elsewhere),
        untold=untold,
    )


def _read(incident: Incident, alias: str) -> tuple[Mapping[str, Mapping[str, list[UUID]]], int]:
    """Return the stored reports by their fingerprint and by their new one, and how many do not tell."""
    version, rule = newest_version(), get_config().in_app
    told: defaultdict[str, dict[str, list[UUID]]] = defaultdict(dict)
    untold = 0
    rows = Occurrence.objects.using(alias).of_incident(incident.pk).filter(full=True).reverse()
    for row in rows.only("id", "fingerprint", "payload").iterator(chunk_size=PAGE):
        try:
            new = fingerprint_under(row.report, version, rule)
        except ValueError:
            new = None
        if new is None:
            untold += 1
            continue
        told[row.fingerprint].setdefault(new, []).append(row.pk)
    return told, untold


def _apply(found: Regrouped, alias: str) -> None:
    with transaction.atomic(using=alias):
        keep_digest_out(alias)
        for part in found.parts:
            move(
                part.rows,
                found.incident,
                into=part.into,
                fingerprint=part.fingerprint,
                actor=ACTOR.label,
            )
        lead(found.own, found.incident, alias, timezone.now())
    if found.joins:
        target, *sources = _by_weight(found, alias)
        merge(sources, into=target, actor=ACTOR)


def _by_weight(found: Regrouped, alias: str) -> list[int]:
    """Return the incidents that join, first the one that stays: one that somebody has to deal with, else the oldest."""
    others = Incident.objects.using(alias).filter(pk__in=found.joins)
    unresolved = {Incident.Status.OPEN, Incident.Status.ACKNOWLEDGED}
    sides = sorted((each.status not in unresolved, each.pk) for each in (found.incident, *others))
    return [pk for _, pk in sides]


def _remember(found: Regrouped, leads: Leads) -> None:
    """Keep in memory what a run would have written."""
    incident = found.incident
    for each in found.own:
        leads.decide(each, incident.environment, incident.pk)
    for part in found.parts:
        leads.decide(part.fingerprint, incident.environment, part.into or -incident.pk)
    for other in found.joins:
        leads.join(incident.pk, other)
