"""The last log records before a failure: the trail that led to it.

Nothing is collected until a site puts the handler into its LOGGING:

    "handlers": {"trail": {"class": "errorkit.reports.breadcrumbs.TrailHandler", "level": "INFO"}},
    "root": {"handlers": ["trail", ...]},

Leave out the logger `django.db.backends` unless the SQL statements are meant to be part of reports.
"""

import logging
from collections import deque
from datetime import UTC, datetime

from errorkit.reports.kinds import TEXT, kind_of
from errorkit.reports.plain import PLAIN
from errorkit.reports.scope import current_scope, put

LENGTH = 30
LONGEST = 500


class TrailHandler(logging.Handler):
    """Keeps the last 30 records of the current request or task; they are only formatted when something fails."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record."""
        scope = current_scope()
        if scope.trail is None:
            scope = scope._replace(trail=deque(maxlen=LENGTH))
            put(scope)
        assert scope.trail is not None
        scope.trail.append(record)


def current_trail() -> list[str]:
    """Return the records, oldest first, as `time level logger: message`; not scrubbed."""
    return [_line(record) for record in current_scope().trail or ()]


def _line(record: logging.LogRecord) -> str:
    when = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
    return f"{when} {record.levelname} {record.name}: {_message(record)[:LONGEST]}"


def _message(record: logging.LogRecord) -> str:
    """Return the message; without its arguments where formatting them would call the host's code."""
    message, arguments = record.msg, record.args
    if kind_of(type(message)).shape is not TEXT:
        return f"<{type(message).__name__}>"
    values = arguments.values() if type(arguments) is dict else arguments or ()
    if not all(type(value) in PLAIN for value in values):
        return str(message)
    try:
        return str(message) % arguments if arguments else str(message)
    except (TypeError, ValueError, KeyError):
        return str(message)
