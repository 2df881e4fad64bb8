"""Django's signals: a request that fails is captured, the first request of a process looks for leftovers, connections are counted."""

import logging
from typing import Any

from django.core.signals import got_request_exception, request_started
from django.db.backends.signals import connection_created

from errorkit.reports import machine

logger = logging.getLogger("errorkit")


def connect() -> None:
    """Connect the receivers; connecting twice changes nothing."""
    got_request_exception.connect(capture_request, dispatch_uid="errorkit.capture")
    connection_created.connect(know_connection, dispatch_uid="errorkit.connections")
    request_started.connect(take_up_leftovers, dispatch_uid="errorkit.leftovers")


def capture_request(request: Any = None, **_: Any) -> None:
    """Capture what Django is about to answer with a 500."""
    try:
        from errorkit.capture import capture_exception

        capture_exception(request=request, handled=False)
    except Exception:
        # Django sends this signal so that a receiver's exception would replace the host's own.
        logger.exception("A failure could not be captured.")


def know_connection(connection: Any = None, **_: Any) -> None:
    """Remember a connection for as long as it lives, so that reports can tell how many are open."""
    machine.connections.add(connection)


def take_up_leftovers(**_: Any) -> None:
    """At the first request of a process, look for what an earlier one has left in the spool."""
    request_started.disconnect(dispatch_uid="errorkit.leftovers")
    try:
        from errorkit.background import look_for_leftovers

        look_for_leftovers()
    except Exception:
        logger.exception("The spool could not be looked at.")
