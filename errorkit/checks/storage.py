"""Can reports be stored, and will they outlive the next restart?"""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage

from errorkit.conf import get_config
from errorkit.storage.places import lasting_folder

ROUTER = "errorkit.routers.ErrorkitRouter"


def check_database(**_: Any) -> list[CheckMessage]:
    """E201: DATABASE names no alias. W201: it names one that the router does not send errorkit's models to."""
    alias = get_config().database
    if alias not in settings.DATABASES:
        return [
            checks.Error(
                f"ERRORKIT['DATABASE'] is {alias!r}, which DATABASES lacks.",
                hint=f"Known are {', '.join(sorted(settings.DATABASES)) or 'none'}.",
                id="errorkit.E201",
            )
        ]
    if alias == "default" or settings.DATABASE_ROUTERS:
        return []
    return [
        checks.Warning(
            f"errorkit's models belong to the database {alias!r}, but no router sends them there.",
            hint=f"Write DATABASE_ROUTERS = [{ROUTER!r}].",
            id="errorkit.W201",
        )
    ]


def check_debug(**_: Any) -> list[CheckMessage]:
    """W202: DEBUG is on in what calls itself production."""
    if not settings.DEBUG or get_config().environment != "production":
        return []
    return [
        checks.Warning(
            "DEBUG is on where ERRORKIT['ENVIRONMENT'] is 'production'.",
            hint="Browsers are shown Django's technical page, and nothing is delivered.",
            id="errorkit.W202",
        )
    ]


def check_spool(**_: Any) -> list[CheckMessage]:
    """W203: reports wait in a folder that a restart may empty."""
    if get_config().spool_dir != "" or lasting_folder() is not None:
        return []
    return [
        checks.Warning(
            "The spool has no lasting place, so it would lie in the folder for temporary files.",
            hint='Write ERRORKIT = {"SPOOL_DIR": "/var/lib/mysite"}, a folder of the user who runs the site.',
            id="errorkit.W203",
        )
    ]


def check_connections(**_: Any) -> list[CheckMessage]:
    """W204: an ASGI site keeps connections in threads that nobody owns, until the server runs out of them."""
    if not getattr(settings, "ASGI_APPLICATION", None):
        return []
    return [
        checks.Warning(
            f"DATABASES[{alias!r}] keeps connections for CONN_MAX_AGE seconds under ASGI, without a pool.",
            hint='Write CONN_MAX_AGE = 0, or with PostgreSQL "OPTIONS": {"pool": True}.',
            id="errorkit.W204",
        )
        for alias, entry in settings.DATABASES.items()
        if entry.get("CONN_MAX_AGE", 0) != 0 and not entry.get("OPTIONS", {}).get("pool")
    ]
