"""Forget one person: in this host's spool, in the database, and in what errorkit knows of the people who look after the site.

What failed, how and how often stays exact; whom it met goes. Occurrences are rewritten and not deleted, so that every reference still resolves.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from errorkit.conf import get_config
from errorkit.models import Delivery
from errorkit.storage.erasing.occurrences import erase_occurrences
from errorkit.storage.erasing.spool import erase_spool
from errorkit.storage.erasing.staff import duties_of, erase_staff

__all__ = ["Erased", "duties_of", "erase"]

logger = logging.getLogger("errorkit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How many rows of which kind were rewritten or deleted, or would be; `left` are the deliveries that somebody else has accepted."""

    rows: Mapping[str, int]
    left: Sequence[Delivery]


def erase(user_id: str, *, dry_run: bool = False) -> Erased:
    """Erase the person; `dry_run` only looks.

    The spool comes first, and while nobody drains it: what a drainer had in its hands is in the database by then. Raises BusySpoolError where
    another process does not end draining, SpoolError, and what the database raises; then it is to be run again.
    """
    alias = get_config().database
    left: list[Delivery] = []
    rows = Counter(erase_spool(user_id, dry_run=dry_run))
    rows.update(erase_occurrences(user_id, alias, left, dry_run=dry_run))
    rows.update(erase_staff(user_id, alias, left, dry_run=dry_run))
    if not dry_run:
        logger.info("A person was erased: %s", ", ".join(_said(rows)) or "nothing was stored")
    return Erased(rows=+rows, left=left)


def _said(rows: Counter[str]) -> Iterator[str]:
    return (f"{number} {name}" for name, number in rows.items() if number)
