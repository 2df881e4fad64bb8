"""A sign of life for somebody outside: whoever watches DEADMAN_URL notices when it stops coming."""

import logging
import urllib.request
from datetime import datetime, timedelta

from django.db.models import Q

from errorkit.conf import get_config
from errorkit.delivery.texts import describe
from errorkit.models import Heartbeat

logger = logging.getLogger("errorkit.oncall")

NAME = "deadman"
INTERVAL = timedelta(seconds=60)
TIMEOUT = 5.0  # seconds


def call(now: datetime) -> bool:
    """Fetch DEADMAN_URL, once a minute for all hosts together; True if it answered with success. Never raises."""
    url = get_config().deadman_url
    if not url or not _is_turn(now):
        return False
    if not url.startswith(("https://", "http://")):
        logger.error("DEADMAN_URL is no web address")
        return False
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310  checked above
            return 200 <= int(answer.status) < 300
    except Exception as error:  # noqa: BLE001  that nobody hears us must not stop the sweep
        logger.warning("DEADMAN_URL does not answer: %s", describe(error, [url]))
        return False


def _is_turn(now: datetime) -> bool:
    beats = Heartbeat.objects.using(get_config().database)
    _, made = beats.get_or_create(name=NAME, defaults={"at": now})
    # A beat of the future is one from before the clock was set back: to wait for it would be the very silence that raises the alarm.
    stale = Q(at__lte=now - INTERVAL) | Q(at__gt=now + INTERVAL)
    return made or beats.filter(stale, name=NAME).update(at=now) == 1
