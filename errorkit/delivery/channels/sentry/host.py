"""What the host's own Sentry SDK does, looked at without importing or touching it."""

import sys
from typing import Any

from errorkit.reports.report import Report

# Which integration reports what; it never sees what the site caught and reported to errorkit by hand, nor a failing command.
REPORTED_BY = {"request": "django", "task": "celery"}


def reports_itself(report: Report, dsn: str) -> bool:
    """Return whether the SDK that is active in this process sends such failures to this very DSN.

    It is judged in the process that sends, so it holds where that process sets its SDK up as the failing one did: in the settings.
    """
    integration = REPORTED_BY.get(report.kind)
    if integration is None or report.handled:
        return False
    client = _client()
    if client is None or client.get_integration(integration) is None:
        return False
    return _same(client.dsn, dsn)


def host_dsn() -> str | None:
    """Return the DSN of the host's active client, or None."""
    client = _client()
    return client.dsn if client is not None else None


def _client() -> Any:
    sdk = sys.modules.get("sentry_sdk")
    if sdk is None:
        return None
    client = sdk.get_client()
    return client if client.is_active() else None


def _same(one: str | None, other: str) -> bool:
    from sentry_sdk.utils import BadDsn, Dsn

    try:
        return one is not None and _target(Dsn(one)) == _target(Dsn(other))
    except BadDsn:
        return False


def _target(dsn: Any) -> tuple[object, ...]:
    """Return project and key; http or https, and an old secret key, make no difference."""
    return dsn.host, dsn.path, dsn.project_id, dsn.public_key
