"""Which format this client gets: what it asks for, then what its request hints at, then HTML."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from django.http import HttpRequest

from errorkit.conf import get_config
from errorkit.responses import accept


class Format(StrEnum):
    """The packaged formats, by media type."""

    HTML = "text/html"
    PROBLEM = "application/problem+json"
    JSON = "application/json"
    TEXT = "text/plain"


READ_BY_PEOPLE = frozenset({Format.HTML, Format.TEXT})
DOCUMENTS = frozenset({"document", "iframe", "frame", "embed", "object"})
PROBES = ("kube-probe/", "elb-healthchecker", "googlehc/", "haproxy", "consul health check")


def choose_format(request: HttpRequest, offers: Sequence[str]) -> str:
    """Return one of the offered media types; never raises, and there always is one: a 500 stays a 500, never a 406."""
    matches = accept.rank(request.META.get("HTTP_ACCEPT"), offers)
    if not matches:
        # It takes images, events, something else: a short text does the least harm.
        return Format.PROBLEM if _is_api(request) else Format.TEXT
    if matches[0].specificity > accept.ANYTHING:
        return matches[0].offer
    acceptable = {match.offer for match in matches}
    for hint in _hints(request):
        if hint in acceptable:
            return hint
    return matches[0].offer


def is_for_machines(media_type: str) -> bool:
    """Return whether a program reads this format, and not a person."""
    return media_type not in READ_BY_PEOPLE


def is_htmx(request: HttpRequest) -> bool:
    """Return whether htmx will put the answer into a part of a page (and not replace the page)."""
    headers = request.META
    return (
        headers.get("HTTP_HX_REQUEST") == "true"
        and headers.get("HTTP_HX_BOOSTED") != "true"
        and headers.get("HTTP_HX_HISTORY_RESTORE_REQUEST") != "true"
    )


def _hints(request: HttpRequest) -> Iterator[Format]:
    """Yield what the request hints at, strongest first; used only where Accept leaves it open."""
    headers = request.META
    if _is_api(request):
        yield Format.PROBLEM
    if headers.get("HTTP_HX_REQUEST") == "true":
        yield Format.HTML
    mode = headers.get("HTTP_SEC_FETCH_MODE")
    destination = headers.get("HTTP_SEC_FETCH_DEST")
    if mode == "navigate" or destination in DOCUMENTS:
        yield Format.HTML
    if destination not in {None, "", "empty"}:
        yield Format.TEXT
    if _is_script(request, mode):
        yield Format.PROBLEM
    if headers.get("HTTP_USER_AGENT", "").lower().startswith(PROBES):
        yield Format.TEXT


def _is_api(request: HttpRequest) -> bool:
    prefixes = get_config().api_prefixes
    return (bool(prefixes) and request.path_info.startswith(prefixes)) or _is_api_view(request)


def _is_api_view(request: HttpRequest) -> bool:
    """Return whether a DRF or Ninja view was found; by name, because neither has to be installed."""
    view = getattr(getattr(request, "resolver_match", None), "func", None)
    kind = getattr(view, "cls", None) or getattr(view, "view_class", None)
    modules = [getattr(view, "__module__", "")]
    if isinstance(kind, type):
        modules += [base.__module__ for base in kind.__mro__]
    return any(module.startswith(("rest_framework.", "ninja.")) for module in modules if module)


def _is_script(request: HttpRequest, mode: str | None) -> bool:
    headers = request.META
    content_type = str(headers.get("CONTENT_TYPE", ""))[:128].partition(";")[0].strip().lower()
    return (
        mode == "cors"
        or headers.get("HTTP_X_REQUESTED_WITH") == "XMLHttpRequest"
        or content_type == "application/json"
        or content_type.endswith("+json")
    )
