"""Look at the spool of this host and, for as long as it answers, at the database."""

from dataclasses import dataclass

from errorkit.conf import get_config
from errorkit.exceptions import SpoolError
from errorkit.health.database import DatabaseFacts, age_of, look_at_database
from errorkit.health.migrations import pending_migrations
from errorkit.storage.bounded import bounded
from errorkit.storage.breaker import breaker
from errorkit.storage.local import local_spool, spool_problem

SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolFacts:
    """The spool of this host. `wanted` is false where the site has switched it off; ages are in seconds."""

    wanted: bool = True
    problem: str = ""
    pending: int = 0
    quarantined: int = 0
    oldest_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything at one moment; `database` is None where it did not answer, and `database_problem` says why. `unmigrated` are to be run."""

    spool: SpoolFacts
    database: DatabaseFacts | None = None
    database_problem: str = ""
    unmigrated: tuple[str, ...] = ()


def look(*, seconds: float = SECONDS, totals: bool = True) -> Facts:
    """Return the facts; takes the seconds that a connection may take, and `seconds` beyond. Never raises.

    `totals`: also what was ever seen, which reads all incidents; no problem is found by that.
    """
    spool = look_at_spool()
    if not breaker.closed:
        return Facts(spool=spool, database_problem="left alone after a failed write")
    alias, unmigrated = get_config().database, tuple[str, ...]()
    try:
        with bounded(alias, seconds):
            unmigrated = tuple(pending_migrations(alias))
            database = look_at_database(alias, totals=totals)
    except Exception as error:  # noqa: BLE001 - an answer about health must not depend on any driver's kindness
        problem = f"{type(error).__name__}: {error}".strip()
        return Facts(spool=spool, database_problem=problem, unmigrated=unmigrated)
    return Facts(spool=spool, database=database, unmigrated=unmigrated)


def look_at_spool() -> SpoolFacts:
    """Return the facts about the spool; needs no database."""
    if get_config().spool_dir is None:
        return SpoolFacts(wanted=False)
    spool = local_spool()
    if spool is None:
        return SpoolFacts(problem=spool_problem())
    try:
        return SpoolFacts(
            pending=spool.pending(),
            quarantined=spool.quarantined(),
            oldest_seconds=age_of(spool.oldest()) or 0.0,
        )
    except SpoolError as error:
        return SpoolFacts(problem=str(error))
