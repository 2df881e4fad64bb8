"""Tell a Celery worker that there is work. Losing a ring costs seconds, never data: the sweep comes anyway."""

import logging
import os
import sys
import threading
import time
from typing import Any

from errorkit.conf import get_config
from errorkit.delivery.texts import describe

logger = logging.getLogger("errorkit.delivery")

TASK = "errorkit.sweep"
BUDGET = 1.0  # seconds for connecting, and for each answer of the broker
BREAKER = 30.0  # seconds of silence after a failure
INTERVAL = 0.25  # seconds between two rings
EXPIRES = 60.0  # seconds after which a ring that nobody has heard means nothing

# Zeros, because with retries switched off kombu reconnects at its own pace: 2 s, then 4 s.
NO_WAITING = {"max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0}


class _Bell:
    """The kept connection of one process, and when it last worked."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.lock = threading.Lock()
        self.url = ""
        self.connection: Any = None
        self.quiet_until = 0.0


_bell = _Bell()


def ring() -> bool:
    """Ring for `errorkit.sweep`; True if the broker took it. Never raises, takes about 1 s at most.

    For background threads and sweeps only: no request ever waits for a broker. Returns False without trying within 250 ms of the last
    ring, and for 30 s after a failure.
    """
    app = _current_app()
    if app is None:
        return False
    bell = _bell_of_this_process()
    if not bell.lock.acquire(blocking=False):
        return False
    try:
        return _ring(bell, app)
    finally:
        bell.lock.release()


def reset() -> None:
    """Forget the connection and the breaker."""
    global _bell
    bell, _bell = _bell, _Bell()
    if bell.pid == os.getpid():
        _hang_up(bell)


def _bell_of_this_process() -> _Bell:
    global _bell  # noqa: PLW0603  the one kept connection of the process
    if _bell.pid != os.getpid():
        # After a fork the connection is the parent's: left alone, not closed.
        _bell = _Bell()
    return _bell


def _current_app() -> Any:
    """Return the host's Celery app, or None if ringing it would do nothing or run the sweep right here."""
    if get_config().dispatch != "auto" or "celery" not in sys.modules:
        return None
    from celery import current_app

    return (
        current_app if _broker_url(current_app) and not current_app.conf.task_always_eager else None
    )


def _broker_url(app: Any) -> str:
    url = app.conf.broker_write_url or app.conf.broker_url or ""
    # A list means fail-over; so does a semicolon, which kombu splits itself.
    return str(url[0] if isinstance(url, (list, tuple)) and url else url)


def _ring(bell: _Bell, app: Any) -> bool:
    now = time.monotonic()
    if now < bell.quiet_until:
        return False
    bell.quiet_until = now + INTERVAL
    try:
        _publish_over_kept(bell, app)
    except Exception as error:  # noqa: BLE001  brokers fail in many ways, and none of them may matter
        bell.quiet_until = time.monotonic() + BREAKER
        _hang_up(bell)
        logger.warning("no answer from the broker, the sweep does without: %s", describe(error))
        return False
    return True


def _publish_over_kept(bell: _Bell, app: Any) -> None:
    kept = bell.connection is not None
    started = time.monotonic()
    try:
        _publish(bell, app)
    except Exception:
        # A connection kept for long may have been closed from afar; that shows at once, unlike a broker that hangs.
        if not kept or time.monotonic() - started > BUDGET / 2:
            raise
        _hang_up(bell)
        _publish(bell, app)


def _publish(bell: _Bell, app: Any) -> None:
    url = _broker_url(app)
    if bell.connection is None or bell.url != url:
        _hang_up(bell)
        bell.url = url
        bell.connection = app.connection_for_write(
            url=url,
            connect_timeout=BUDGET,
            transport_options=_bounded(url),
            # Nobody is there to send heartbeats between two rings.
            heartbeat=0,
        )
    options = {"queue": queue} if (queue := get_config().celery_queue) else {}
    app.send_task(
        TASK,
        connection=bell.connection,
        retry=False,
        ignore_result=True,
        expires=EXPIRES,
        add_to_parent=False,
        **options,
    )


def _bounded(url: str) -> dict[str, Any]:
    """Return transport options under which no call waits for longer than BUDGET."""
    if url.startswith(("redis", "rediss", "sentinel")):
        return NO_WAITING | {
            "socket_connect_timeout": BUDGET,
            "socket_timeout": BUDGET,
            "retry_on_timeout": False,
        }
    if url.startswith(("amqp", "pyamqp")):
        return NO_WAITING | {
            "read_timeout": BUDGET,
            "write_timeout": BUDGET,
            "confirm_publish": True,
        }
    return {}


def _hang_up(bell: _Bell) -> None:
    connection, bell.connection = bell.connection, None
    if connection is None:
        return
    try:
        # Not close(): that says goodbye, and waits for an answer.
        connection.collect()
    except Exception:
        logger.debug("could not close the connection to the broker", exc_info=True)
