"""The facts in words, for the terminal and for the admin."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from errorkit.health.database import DatabaseFacts
from errorkit.health.facts import Facts, SpoolFacts

Line = tuple[str, str]


def summary_of(facts: Facts) -> list[Line]:
    """Return names and values, fit for reading."""
    lines = [(_("Spool of this host"), _spool(facts.spool))]
    if facts.database is None:
        lines.append((_("Database"), facts.database_problem))
    else:
        lines += _of_database(facts.database)
    missing = ", ".join(facts.unmigrated)
    return [*lines, (_("Migrations to run"), missing or _("none"))]


def _spool(spool: SpoolFacts) -> str:
    if not spool.wanted:
        return _("off")
    return spool.problem or _waiting(spool.pending, spool.oldest_seconds)


def _of_database(database: DatabaseFacts) -> Iterator[Line]:
    for host, spool in database.spools.items():
        yield _("Spool of %s") % host, _waiting(spool.pending, spool.oldest_seconds)
    yield _("Last write"), _ago(database.written_seconds)
    yield _("Last sweep"), _ago(database.sweep_seconds)
    yield _("Last batch digested"), _ago(database.digest_seconds)
    dead = _("%d given up") % database.dead
    yield _("Outbox"), f"{_waiting(database.outbox_due, database.outbox_seconds)}, {dead}"
    if database.seen:
        kept = {"full": database.seen - database.light, "light": database.light}
        yield _("Failures"), _("%(full)d in full, %(light)d light") % kept
    yield _("Incidents to deal with"), str(database.unresolved)
    yield _("Channels that fail"), ", ".join(_failing(database)) or _("none")


def _failing(database: DatabaseFacts) -> Iterator[str]:
    for alias, times in database.failing.items():
        yield _("%(channel)s (%(times)d in a row)") % {"channel": alias, "times": times}
    for alias in database.parked.keys() - database.failing.keys():
        yield _("%s (at rest)") % alias


def _waiting(number: int, seconds: float) -> str:
    waiting = _("%d waiting") % number
    if not number:
        return waiting
    return _("%(waiting)s, the oldest for %(seconds)d s") % {"waiting": waiting, "seconds": seconds}


def _ago(seconds: float | None) -> str:
    return _("never") if seconds is None else _("%d s ago") % seconds
