"""Which failures are none: those that the site ignores, and clients that went away."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from django.core.exceptions import RequestAborted
from django.http import UnreadablePostError

from errorkit.conf import Config
from errorkit.reports.kinds import base_names, bases_of
from errorkit.reports.outline import traceback_of
from errorkit.reports.places import place_of
from errorkit.reports.request import members_of

DISCONNECTS = frozenset({RequestAborted, UnreadablePostError})
BROKEN_STREAMS = frozenset({BrokenPipeError, ConnectionAbortedError, ConnectionResetError})
# The code that talks to the client. The same errors from anywhere else are those of an upstream service.
SERVERS = frozenset(
    [
        "gunicorn",
        "uvicorn",
        "daphne",
        "hypercorn",
        "granian",
        "waitress",
        "wsgiref",
        "uwsgi",
        "meinheld",
        "cheroot",
        "gevent",
        "mod_wsgi",
    ]
)
SERVER_MODULES = ("django.core.servers", "django.core.handlers", "django.http.request")


def is_ignored(exc: BaseException, request: Any, config: Config) -> bool:
    """Tell whether a failure is to be left alone; never raises.

    Left alone are BaseExceptions that are no Exceptions (the process or the task is being ended), clients that have gone away, and what
    IGNORE names: dotted paths of exceptions (subclasses too), globs of request paths, callables `(exc, request) -> bool`.
    """
    bases = bases_of(type(exc))
    if Exception not in bases or not DISCONNECTS.isdisjoint(bases):
        return True
    if not BROKEN_STREAMS.isdisjoint(bases) and _is_client(exc, config):
        return True
    return any(_matches(rule, exc, request) for rule in config.ignore)


def _is_client(exc: BaseException, config: Config) -> bool:
    """Tell whether the innermost call outside the standard library is a server's."""
    innermost = ""
    traceback = traceback_of(exc)
    while traceback is not None:
        place = place_of(traceback.tb_frame, config.in_app)
        if not place.stdlib or place.module.startswith("wsgiref"):
            innermost = place.module
        traceback = traceback.tb_next
    return innermost.partition(".")[0] in SERVERS or innermost.startswith(SERVER_MODULES)


def _matches(rule: str | Callable[..., bool], exc: BaseException, request: Any) -> bool:
    if isinstance(rule, str):
        if "/" in rule:
            path = members_of(request).get("path")
            return isinstance(path, str) and fnmatchcase(path, rule)
        return rule.removeprefix("builtins.") in base_names(type(exc))
    try:
        return bool(rule(exc, request))
    except Exception:  # noqa: BLE001 - a broken rule of the host's must not hide a failure
        return False
