"""System checks; one id, one meaning, for ever."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags
from django.core.checks import register as register_check

from errorkit.checks.answers import check_middleware, check_page
from errorkit.checks.api import check_api, check_counter
from errorkit.checks.delivery import check_channels, check_lease, check_links, check_recipients
from errorkit.checks.mail import check_admin_mails
from errorkit.checks.oncall import check_oncall
from errorkit.checks.scrubbing import check_scrub
from errorkit.checks.storage import (
    check_connections,
    check_database,
    check_debug,
    check_spool,
)
from errorkit.conf import get_problems


def register() -> None:
    """Register the checks with Django."""
    for check in (
        check_settings,
        check_middleware,
        check_page,
        check_api,
        check_counter,
        check_channels,
        check_admin_mails,
        check_scrub,
        check_database,
        check_debug,
    ):
        register_check(check, "errorkit")
    # What a site needs in production only.
    for check in (check_recipients, check_links, check_lease, check_spool, check_connections):
        register_check(check, "errorkit", deploy=True)
    # Asks the database: `check --database`, and `migrate`.
    register_check(check_oncall, Tags.database)


def check_settings(**_: Any) -> list[CheckMessage]:
    """E001: a key or a value of ERRORKIT cannot be used."""
    return [
        Error(problem.message, hint=problem.hint, obj=problem.key, id="errorkit.E001")
        for problem in get_problems()
    ]
