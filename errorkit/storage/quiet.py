"""While errorkit itself works, nothing that it raises or logs is captured: no loops."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_at_work: ContextVar[bool] = ContextVar("errorkit_at_work", default=False)


def is_quiet() -> bool:
    """Return whether errorkit is at work in this context."""
    return _at_work.get()


@contextmanager
def quietly() -> Iterator[None]:
    """Mark what happens inside as errorkit's own work."""
    token = _at_work.set(True)
    try:
        yield
    finally:
        _at_work.reset(token)
