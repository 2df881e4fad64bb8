"""The share of requests that failed, where the host counts its requests."""

import logging
from datetime import datetime

from django.utils.module_loading import import_string

from errorkit.conf import get_config

logger = logging.getLogger("errorkit")


def count_requests(start: datetime, end: datetime) -> int | None:
    """Return what COUNT_REQUESTS says: how many requests this environment served in that time; None where nobody counts."""
    path = get_config().count_requests
    if path is None:
        return None
    try:
        return max(0, int(import_string(path)(start, end)))
    except Exception:
        logger.warning("COUNT_REQUESTS could not say how many there were.", exc_info=True)
        return None
