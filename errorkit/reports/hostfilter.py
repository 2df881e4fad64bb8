"""What the site's own exception reporter filter hides: `DEFAULT_EXCEPTION_REPORTER_FILTER`, or `request.exception_reporter_filter`.

Django's default filter costs nothing here: what it hides, the names and the marked variables, is hidden by other rooms. A filter of the site's own is
asked, also under DEBUG, and never with the site's objects: it is given plain values as they are, and of all others the name of their type. What it
changes or leaves out is hidden; where it fails, everything that it was asked about is.
"""

import logging
from collections.abc import Callable, Container, Iterable, Mapping
from copy import copy
from itertools import islice
from types import FrameType, SimpleNamespace
from typing import Any

from django.conf import settings

from errorkit.reports.kinds import kind_of

PACKAGED = "django.views.debug.SafeExceptionReporterFilter"
MOST_LOCALS = 100
PLAIN = frozenset({str, int, float, bool, type(None)})

logger = logging.getLogger("errorkit")

HidingRule = Callable[[str, object], bool]


class Everything:
    """Contains every name."""

    def __contains__(self, _: object) -> bool:
        return True


EVERYTHING = Everything()
NOTHING: Container[str] = ()


class HostFilter:
    """A filter of the site's own, and the request that it is asked about."""

    __slots__ = ("_filter", "_request")

    def __init__(self, found: Any, request: Any) -> None:
        self._filter = _always_active(found)
        self._request = request

    def hidden_headers(self, meta: Mapping[str, Any]) -> Container[str]:
        """Return the keys of META that are to be hidden."""
        texts = {key: value for key, value in meta.items() if type(value) is str}
        return _changed(texts, lambda: self._filter.get_safe_request_meta(self._request))

    def hidden_fields(self, form: Mapping[str, Any]) -> Container[str]:
        """Return the fields of a form, which has been parsed already, that are to be hidden."""
        return _changed(form, lambda: self._filter.get_post_parameters(self._request))

    def hidden_locals(self, frame: FrameType) -> Container[str]:
        """Return the names of the local variables that are to be hidden."""
        values = {
            name: _stand_in(value) for name, value in islice(frame.f_locals.items(), MOST_LOCALS)
        }
        shown = SimpleNamespace(
            f_back=frame.f_back,
            f_code=frame.f_code,
            f_globals=frame.f_globals,
            f_lineno=frame.f_lineno,
            f_locals=values,
        )
        ask = self._filter.get_traceback_frame_variables
        return _changed(values, lambda: ask(self._request, shown))


def host_filter_of(request: Any) -> HostFilter | None:
    """Return the filter that the site wants asked about this request, None where that is Django's own."""
    own = (getattr(request, "__dict__", None) or {}).get("exception_reporter_filter")
    if own is None and settings.DEFAULT_EXCEPTION_REPORTER_FILTER == PACKAGED:
        return None
    found = own or _default_filter()
    return None if found is None or _is_packaged(found) else HostFilter(found, request)


def hiding_rule() -> HidingRule:
    """Return what tells whether the site's filter, and not Django's, hides a setting."""
    if settings.DEFAULT_EXCEPTION_REPORTER_FILTER == PACKAGED:
        return lambda key, value: False
    found = _default_filter()
    if found is None or _is_packaged(found):
        return lambda key, value: False
    from django.views.debug import SafeExceptionReporterFilter

    packaged = SafeExceptionReporterFilter()

    def hides(key: str, value: object) -> bool:
        # Django's own rule hides names such as AUTH_USER_MODEL, whose values must not be searched for.
        if type(value) is not str or packaged.cleanse_setting(key, value) != value:
            return False
        hidden = _changed({key: value}, lambda: {key: found.cleanse_setting(key, value)})
        return hidden is not EVERYTHING and key in hidden

    return hides


def _default_filter() -> Any:
    try:
        from django.views.debug import get_default_exception_reporter_filter

        return get_default_exception_reporter_filter()
    except Exception:
        logger.debug("The site's exception reporter filter cannot be made.", exc_info=True)
        return None


def _is_packaged(found: Any) -> bool:
    return f"{type(found).__module__}.{type(found).__qualname__}" == PACKAGED


def _always_active(found: Any) -> Any:
    """Return a copy that filters under DEBUG as well, where Django's does not."""
    try:
        active = copy(found)
        active.is_active = lambda request: True
    except Exception:  # noqa: BLE001 - the class is the site's
        return found
    return active


def _stand_in(value: Any) -> Any:
    return value if type(value) in PLAIN else kind_of(type(value)).describe(value)


def _changed(
    given: Mapping[str, Any], ask: Callable[[], Mapping[str, Any] | Iterable[tuple[str, Any]]]
) -> Container[str]:
    try:
        answer = dict(ask())
        return frozenset(
            [name for name, value in given.items() if not _is_same(answer.get(name), value)]
        )
    except Exception:
        logger.debug("The site's exception reporter filter has failed.", exc_info=True)
        return EVERYTHING


def _is_same(answer: Any, value: Any) -> bool:
    # All that was given is plain, so that nothing of the site's compares itself.
    return answer is value or (type(answer) is type(value) and bool(answer == value))
