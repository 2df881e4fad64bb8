"""What is collected for the reports of one request or task: values, tags, the last log records. One variable, because every request sets it back."""

import logging
from collections import deque
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple


class Scope(NamedTuple):
    """Never changed in place, but for the trail, which is a ring of records."""

    context: Mapping[str, Any] = {}
    tags: Mapping[str, str] = {}
    trail: deque[logging.LogRecord] | None = None


EMPTY = Scope()

_scope: ContextVar[Scope] = ContextVar("errorkit_scope", default=EMPTY)


def current_scope() -> Scope:
    """Return what has been collected; do not change it."""
    return _scope.get()


def put(scope: Scope) -> None:
    """Let this be what has been collected."""
    _scope.set(scope)


def clear() -> None:
    """Forget all. Called where a request or a task begins, because threads are used again."""
    _scope.set(EMPTY)
