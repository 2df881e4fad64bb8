"""What the facts mean: pure rules, most pressing first."""

from collections.abc import Iterator
from dataclasses import dataclass

from errorkit.health.database import DatabaseFacts
from errorkit.health.facts import Facts, SpoolFacts
from errorkit.health.liveness import is_overdue

LATE = 60.0  # seconds within which everything local should have happened
OVERDUE = 300.0  # seconds a delivery may be late


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong. `failing`: errorkit does not do its job; otherwise somebody should have a look."""

    code: str
    text: str
    failing: bool = True


def problems_of(facts: Facts) -> list[Problem]:
    """Return what is wrong, empty while all is well."""
    found = list(_with_spool(facts.spool))
    if facts.unmigrated:
        text = f"Run migrate, the database lacks {', '.join(facts.unmigrated)}."
        found.append(Problem(code="migrations", text=text))
    if facts.database is None:
        found.append(
            Problem(code="database", text=f"The database cannot be used: {facts.database_problem}")
        )
        return found
    return [
        *found,
        *_with_work(facts.database),
        *_with_deliveries(facts.database),
        *_with_rotas(facts.database),
    ]


def _with_spool(spool: SpoolFacts) -> Iterator[Problem]:
    if spool.problem:
        yield Problem(code="spool", text=f"The spool cannot be used: {spool.problem}")
    if spool.oldest_seconds > LATE:
        text = f"{spool.pending} reports wait in the spool, the oldest for {spool.oldest_seconds:.0f} s."
        yield Problem(code="spool_backlog", text=text)
    if spool.quarantined:
        text = f"{spool.quarantined} reports were put aside because the database refused them."
        yield Problem(code="quarantine", text=text, failing=False)


def _with_work(database: DatabaseFacts) -> Iterator[Problem]:
    if database.undigested_seconds > LATE:
        text = f"Occurrences have not been grouped for {database.undigested_seconds:.0f} s."
        yield Problem(code="digest", text=text)
    swept = database.sweep_seconds
    if database.waiting and is_overdue(swept):
        due = database.outbox_due
        work = "1 delivery is" if due == 1 else f"{due} deliveries are"
        when = "nobody has ever swept" if swept is None else f"nobody has swept for {swept:.0f} s"
        text = f"Work is waiting ({work} due) and {when}."
        yield Problem(code="no_sweep", text=text)
    for host, spool in database.spools.items():
        if spool.pending and spool.oldest_seconds > LATE:
            text = f"{spool.pending} reports wait in the spool of {host}, the oldest for {spool.oldest_seconds:.0f} s."
            yield Problem(code="spool_backlog", text=text)


def _with_deliveries(database: DatabaseFacts) -> Iterator[Problem]:
    for alias, times in database.failing.items():
        if alias not in database.parked:
            text = f"{alias} has failed {times} times in a row; it is tried again."
            yield Problem(code="channel", text=text, failing=False)
    for alias, reason in database.parked.items():
        text = f"Nothing is sent to {alias} for now: {reason or 'it asked for a pause'}."
        yield Problem(code="parked", text=text, failing=False)
    if database.outbox_seconds > OVERDUE:
        text = f"A delivery has been due for {database.outbox_seconds:.0f} s."
        yield Problem(code="outbox", text=text)
    if database.dead:
        text = f"{_deliveries(database.dead)} given up; send again from the admin."
        yield Problem(code="dead", text=text, failing=False)
    if database.expired:
        text = f"{_deliveries(database.expired)} left to expire today, unaccepted; send again from the admin."
        yield Problem(code="expired", text=text, failing=False)


def _with_rotas(database: DatabaseFacts) -> Iterator[Problem]:
    for schedule, seconds in database.gaps.items():
        when = f"in {_span(seconds)}" if seconds else "now"
        text = f"{schedule} has nobody on call {when}: add people, an override or a fallback."
        yield Problem(code="rota_gap", text=text, failing=False)


def _deliveries(number: int) -> str:
    return "1 delivery was" if number == 1 else f"{number} deliveries were"


def _span(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
