"""Django's own mail per failure, which errorkit replaces."""

import logging
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.utils.log import AdminEmailHandler

REPLACEMENT = """LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"django": {"handlers": ["console"], "level": "INFO"}},
}"""


def check_admin_mails(**_: Any) -> list[CheckMessage]:
    """W101: Django mails every single failure to ADMINS, besides errorkit's one mail per incident."""
    if not settings.ADMINS or not _mails_admins(logging.getLogger("django.request")):
        return []
    return [
        checks.Warning(
            "Django's AdminEmailHandler is reachable from the logger django.request: ADMINS get a mail for "
            "every failing request, before its answer goes out, besides errorkit's one mail per incident.",
            hint=f"Log to the console instead:\n{REPLACEMENT}",
            id="errorkit.W101",
        )
    ]


def _mails_admins(logger: logging.Logger | None) -> bool:
    """Return whether the handler is on the way up from this logger."""
    while logger is not None:
        if any(isinstance(handler, AdminEmailHandler) for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False
