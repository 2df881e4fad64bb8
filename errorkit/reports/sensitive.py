"""What Django's `sensitive_variables` marks, also under DEBUG, and for coroutines."""

from collections.abc import Container, Sequence
from inspect import CO_COROUTINE
from types import CodeType, FrameType
from typing import Any

from django.views.decorators.debug import coroutine_functions_to_sensitive_variables

from errorkit.reports.hostfilter import EVERYTHING, NOTHING, HostFilter
from errorkit.reports.outline import Call

WRAPPER = "sensitive_variables_wrapper"
EVERY = "__ALL__"
FARTHEST = 200


class Both:
    """Contains what either does."""

    def __init__(self, one: Container[str], other: Container[str]) -> None:
        self.one = one
        self.other = other

    def __contains__(self, name: object) -> bool:
        return name in self.one or name in self.other


def sensitive_names(calls: Sequence[Call], host: HostFilter | None = None) -> list[Container[str]]:
    """Return for each call the names of the locals that are to be hidden.

    As in Django, the nearest decorated caller decides, also for the functions that the decorated one calls; and the site's own filter, if it has one.
    """
    if not calls:
        return []
    marked = _marked_names(calls)
    if host is None:
        return marked
    return [
        Both(names, host.hidden_locals(call.frame))
        for names, call in zip(marked, calls, strict=True)
    ]


def _marked_names(calls: Sequence[Call]) -> list[Container[str]]:
    names = _of_callers(calls[0].frame.f_back)
    found: list[Container[str]] = []
    for call in calls:
        code = call.frame.f_code
        if code.co_name == WRAPPER:
            names = _marked(call.frame)
            found.append(EVERYTHING)
        elif coroutine_functions_to_sensitive_variables and code.co_flags & CO_COROUTINE:
            found.append(_of_coroutine(code) or names)
        else:
            found.append(names)
    return found


def _of_callers(frame: FrameType | None) -> Container[str]:
    """Return what a decorated function above the traceback marks, for exceptions that were caught below it."""
    for _ in range(FARTHEST):
        if frame is None:
            break
        if frame.f_code.co_name == WRAPPER:
            return _marked(frame)
        frame = frame.f_back
    return NOTHING


def _marked(frame: FrameType) -> Container[str]:
    return _container(getattr(frame.f_locals.get(WRAPPER), "sensitive_variables", ()))


def _of_coroutine(code: CodeType) -> Container[str] | None:
    key = hash(f"{code.co_filename}:{code.co_firstlineno}")
    marked = coroutine_functions_to_sensitive_variables.get(key)
    return None if marked is None else _container(marked)


def _container(marked: Any) -> Container[str]:
    return EVERYTHING if marked == EVERY else frozenset(marked or ())
