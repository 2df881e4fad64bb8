"""What kind of database or HTTP failure it was: libraries raise one class for many different mistakes."""

import re
from collections.abc import Callable
from typing import Any

from errorkit.reports.kinds import base_names, bases_of

DATABASES = (
    "django.db.utils.",
    "psycopg",
    "sqlite3.",
    "pymysql.",
    "MySQLdb.",
    "oracledb.",
    "sqlalchemy.exc.",
    "asyncpg.",
)
# The name of what was violated or missing, as SQLite, PostgreSQL and MySQL word it.
OBJECTS = re.compile(
    r"""constraint\ "([^"]{1,128})"
      | constraint\ failed:\ ([\w.,\ ]{1,256})
      | for\ key\ '([^']{1,128})'
      | CONSTRAINT\ `([^`]{1,128})`
      | no\ such\ (?:table|column):\ ([\w.]{1,128})
      | (?:relation|column|table)\ "([^"]{1,128})"
      | (?:Table|column|Column|Field)\ '([^']{1,128})'
    """,
    re.VERBOSE,
)
TROUBLES = (
    "deadlock",
    "locked",
    "lock timeout",
    "lock wait",
    "statement timeout",
    "timed out",
    "timeout",
    "refused",
    "too many",
    "authentication failed",
    "access denied",
    "gone away",
    "lost connection",
    "server closed",
    "terminating connection",
    "read-only",
    "readonly",
    "no space",
    "disk",
    "does not exist",
    "unable to open",
    "name resolution",
    "could not translate",
    "syntax error",
    "aborted",
)


def subtype_of(exc: BaseException, message: str) -> str:
    """Return `constraint or table`, `trouble`, `HTTP 404` or an error code; the empty text for other failures."""
    if any(name.startswith(DATABASES) for name in base_names(type(exc))):
        return _database(message)
    return _http(exc) or _system(exc)


def _database(message: str) -> str:
    match = OBJECTS.search(message[:1000])
    if match is not None:
        return match[match.lastindex or 0].strip().lower()
    lowered = message[:1000].lower()
    return next((trouble for trouble in TROUBLES if trouble in lowered), "")


def _http(exc: BaseException) -> str:
    members = _members(exc)
    response = members.get("response")
    if type(response) is dict:
        # botocore keeps the parsed answer.
        error = response.get("Error")
        return str(error.get("Code", ""))[:64] if type(error) is dict else ""
    for holder, name in (
        (_members(response), "status_code"),
        (_members(response), "status"),
        (members, "code"),
        (members, "status_code"),
    ):
        status = holder.get(name)
        if type(status) is int and 100 <= status <= 599:
            return f"HTTP {status}"
    return ""


def _system(exc: BaseException) -> str:
    if OSError not in bases_of(type(exc)):
        return ""
    code = errno_of(exc)
    return f"errno {code}" if type(code) is int else ""


def _members(holder: object) -> dict[str, Any]:
    try:
        members = object.__getattribute__(holder, "__dict__")
    except AttributeError:
        return {}
    return members if type(members) is dict else {}


errno_of: Callable[[Any], Any] = OSError.__dict__["errno"].__get__
