"""Whose body a failed response carries: Django's own, ours, or one that the site wrote and wants to keep."""

from enum import Enum, auto

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import get_resolver
from django.views import defaults

from errorkit.responses.complaints import complain_once
from errorkit.responses.negotiation import is_for_machines
from errorkit.responses.renderers import choose
from errorkit.responses.templates import has_own, is_there

DJANGO_BODY = (
    defaults.ERROR_PAGE_TEMPLATE % {"title": "Server Error (500)", "details": ""}
).encode()
MARK = "errorkit_answer"
HANDLERS = "errorkit.responses.handlers"
# 405 is what Django's views answer without a body.
WORTH_A_LOOK = frozenset({405, *range(500, 600)})
# While DEBUG is on, Django shows pages of its own for these and does not ask handler400 and handler404.
TECHNICAL = frozenset({400, 404})
TECHNICAL_BODY = b"seeing this error because you have"


class Verdict(Enum):
    """What to do with a response of 500 and above."""

    REPLACE = auto()
    KEEP_PAGE = auto()
    LEAVE = auto()


def is_worth_a_look(response: HttpResponseBase) -> bool:
    """Return whether there may be something to do. Cheap, because every request pays for it."""
    status = response.status_code
    return status in WORTH_A_LOOK or response.streaming or (status in TECHNICAL and settings.DEBUG)


def judge(request: HttpRequest, response: HttpResponse, *, failed: bool, status: int) -> Verdict:
    """Return what to do; `failed` says that an exception of this request was captured, `status` what it maps to.

    A response that a view returned on purpose is left alone. The page of the site's own handler500 or 500.html is kept for browsers;
    clients that want JSON get JSON all the same.
    """
    if hasattr(response, MARK) or response.content == DJANGO_BODY or is_bare_405(response):
        return Verdict.REPLACE
    if status in TECHNICAL:
        return Verdict.REPLACE if _stands_in_for_ours(request, response) else Verdict.LEAVE
    # Django marks what it made of an exception as logged before any middleware sees it.
    if not failed or not getattr(response, "_has_been_logged", False):
        return Verdict.LEAVE
    if settings.DEBUG:
        return Verdict.REPLACE if is_for_machines(choose(request)) else Verdict.LEAVE
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return Verdict.KEEP_PAGE
    if is_for_machines(choose(request)) or _is_djangos(request, status):
        return Verdict.REPLACE
    return Verdict.KEEP_PAGE


def is_bare_405(response: HttpResponseBase) -> bool:
    """Return whether Django's View refused the method: it says so without a body."""
    return isinstance(response, HttpResponseNotAllowed) and not response.content


def _stands_in_for_ours(request: HttpRequest, response: HttpResponse) -> bool:
    """Return whether a program got Django's technical page where it would get our handler's answer without DEBUG."""
    return (
        TECHNICAL_BODY in response.content
        and is_for_machines(choose(request))
        and getattr(_handler_of(request, response.status_code), "__module__", "") == HANDLERS
    )


def _is_djangos(request: HttpRequest, status: int) -> bool:
    """Return whether Django's handler made the page, and not of a 500.html that the site wants to keep.

    Without a 500.html it is the bare one, which other middleware has changed since.
    """
    if _handler_of(request, 500) is not defaults.server_error:
        return False
    return has_own(status) or not is_there("500.html")


def _handler_of(request: HttpRequest, status: int) -> object:
    """Return the view that the site answers this status with, None if it cannot be found out."""
    try:
        resolver = get_resolver(getattr(request, "urlconf", None))
        return resolver.resolve_error_handler(status)
    except Exception:  # noqa: BLE001 - the URLconf itself may be what is broken
        complain_once(
            f"handler{status}", f"The handler{status} of the URLconf cannot be found out."
        )
        return None
