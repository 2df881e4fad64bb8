"""Which status a failure answers with, and what RFC 9110 section 15 calls it."""

import sys
from typing import NamedTuple

from django.utils.translation import gettext_noop as _

from errorkit.conf import get_config
from errorkit.exceptions import HTTPError

# RFC 9110 section 15, RFC 6585 section 4.
PHRASES = {
    400: _("Bad Request"),
    401: _("Unauthorized"),
    402: _("Payment Required"),
    403: _("Forbidden"),
    404: _("Not Found"),
    405: _("Method Not Allowed"),
    406: _("Not Acceptable"),
    408: _("Request Timeout"),
    409: _("Conflict"),
    410: _("Gone"),
    411: _("Length Required"),
    412: _("Precondition Failed"),
    413: _("Content Too Large"),
    414: _("URI Too Long"),
    415: _("Unsupported Media Type"),
    422: _("Unprocessable Content"),
    423: _("Locked"),
    428: _("Precondition Required"),
    429: _("Too Many Requests"),
    451: _("Unavailable For Legal Reasons"),
    500: _("Internal Server Error"),
    501: _("Not Implemented"),
    502: _("Bad Gateway"),
    503: _("Service Unavailable"),
    504: _("Gateway Timeout"),
}

# A retry may help: the state is temporary by definition (RFC 9110 sections 15.6.3 to 15.6.5, RFC 6585 section 4).
TEMPORARY = frozenset({429, 502, 503, 504})
# A person may try again: a mistake of ours may be gone, too.
WORTH_A_TRY = TEMPORARY | {500}
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
LONGEST_WAIT = 86_400 * 7


class Resolved(NamedTuple):
    """The status that an exception maps to; `retry_after` is in seconds."""

    status: int
    retry_after: int | None = None


def resolve_status(exc: BaseException) -> Resolved:
    """Return the status of a failure: errorkit's own exceptions, then STATUS_MAP, else 500. Never raises."""
    if isinstance(exc, HTTPError):
        return Resolved(_server_error(exc.status), _seconds(exc.retry_after))
    status_map = get_config().status_map
    if not status_map:
        return Resolved(500)
    named = {_find(path) or path: answer for path, answer in status_map.items()}
    for base in type(exc).__mro__:
        # The closest base class wins. The second look is for a class that its module no longer has under its name.
        answer = named.get(base) or named.get(f"{base.__module__}.{base.__qualname__}")
        if answer is not None:
            return Resolved(answer) if isinstance(answer, int) else Resolved(*answer)
    return Resolved(500)


def _find(path: str) -> object:
    """Return what the path leads to, None if its module is not loaded: then nothing of it was raised either.

    Nothing is imported. The path may be any that the class is known under: django.db.OperationalError is defined elsewhere.
    """
    module, _dot, name = path.rpartition(".")
    found = getattr(sys.modules.get(module), name, None)
    return found if isinstance(found, type) else None


def _server_error(status: object) -> int:
    return status if isinstance(status, int) and 500 <= status <= 599 else 500


def _seconds(value: object) -> int | None:
    """Return whole seconds between 1 and LONGEST_WAIT, None if the value is no such thing."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e9:
        return None
    return min(max(int(value), 1), LONGEST_WAIT)


def is_retryable(*, status: int, method: str | None, has_idempotency_key: bool) -> bool:
    """Return whether sending this very request again is safe and may help (RFC 9110 section 9.2.2)."""
    return status in TEMPORARY and (method in IDEMPOTENT or has_idempotency_key)


def code_of(status: int) -> str:
    """Return the stable machine name of a status: `not_found`, `bad_gateway`."""
    return PHRASES.get(status, _class_phrase(status)).lower().replace(" ", "_").replace("-", "_")


def phrase_of(status: int) -> str:
    """Return the phrase of RFC 9110 in English, also where Python knows an older one."""
    return PHRASES.get(status, _class_phrase(status))


def _class_phrase(status: int) -> str:
    return "Internal Server Error" if status >= 500 else "Bad Request"
