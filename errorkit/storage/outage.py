"""Tell of what piles up in the spool because the database cannot be reached."""

from errorkit.exceptions import SpoolError
from errorkit.oncall.outage import tell
from errorkit.storage.local import local_spool

EVERY = 1800.0  # seconds between two mails of one host


def tell_of_outage(error: Exception) -> None:
    """Mail that reports wait, and why, if it is this host's turn. Never raises: the next round that fails asks again."""
    spool = local_spool()
    if spool is None:
        return
    try:
        pending, since = spool.pending(), spool.oldest()
    except SpoolError:
        return  # It is busy or broken.
    if pending:
        tell(
            pending=pending,
            since=since,
            error=str(error),
            claim=lambda: spool.claim_turn("outage", seconds=EVERY),
            give_back=lambda: spool.give_back_turn("outage"),
        )
