"""Celery tasks: one call each. They take ids, may run twice, and never raise: a host's own task monitoring is not for our failures."""

import logging
from collections.abc import Callable
from typing import Any

from celery import shared_task

from errorkit.delivery.outbox import deliver as deliver_now
from errorkit.receivers import connect_celery
from errorkit.storage.retention import prune as prune_now
from errorkit.sweep import sweep as sweep_now

logger = logging.getLogger("errorkit.tasks")

# A process that loads Celery only now has its signals connected only now.
connect_celery()

OPTIONS: dict[str, Any] = {
    "ignore_result": True,
    "acks_late": False,
    "max_retries": 0,
    "expires": 600,
}


@shared_task(name="errorkit.sweep", **OPTIONS)
def sweep() -> None:
    """Do one round of everything that is due."""
    _call(sweep_now)


@shared_task(name="errorkit.deliver", **OPTIONS)
def deliver(pk: int) -> None:
    """Send one delivery."""
    _call(deliver_now, pk)


@shared_task(name="errorkit.prune", **OPTIONS)
def prune() -> None:
    """Delete what is past its retention."""
    _call(prune_now)


def _call(function: Callable[..., object], *args: object) -> None:
    try:
        function(*args)
    except Exception:
        # What is owed is a row; the next round finds it. Raising would report us to the host's own error tracker, and to ourselves.
        logger.exception(
            "errorkit.%s failed, the next round tries again", function.__name__.strip("_")
        )
