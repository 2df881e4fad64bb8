"""Say once per process what a site should mend; an error page must not flood the log."""

import logging
import sys

logger = logging.getLogger("errorkit.responses")
_said: set[str] = set()
MOST = 200


def complain_once(key: str, message: str) -> None:
    """Log the message as an error, with the current exception if there is one, the first time for this key."""
    if key in _said or len(_said) >= MOST:
        return
    _said.add(key)
    logger.error("%s", message, exc_info=sys.exception())


def forget_complaints() -> None:
    """Let everything be said again; for tests."""
    _said.clear()
