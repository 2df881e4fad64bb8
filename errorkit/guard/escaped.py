"""What both guards share: which request failed, and the answer to it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.utils.log import log_response

from errorkit.capture import capture_exception, receipt_of
from errorkit.request_ids import bind, choose_request_id, unbind
from errorkit.responses import debugging
from errorkit.responses.answer import answer, make_response, mark_identified
from errorkit.responses.converted import DJANGO_BODY
from errorkit.responses.problem import problem_of, problem_of_failure

# A list, because the signal's receiver may run in a copy of the context.
_failed: ContextVar[list[HttpRequest] | None] = ContextVar("errorkit_failed", default=None)


@contextmanager
def watching() -> Iterator[list[HttpRequest]]:
    """Collect the requests that fail inside the block."""
    failed: list[HttpRequest] = []
    token = _failed.set(failed)
    try:
        yield failed
    finally:
        _failed.reset(token)


def _remember(*, request: HttpRequest | None = None, **_: Any) -> None:
    failed = _failed.get()
    if failed is not None and request is not None:
        failed.append(request)


got_request_exception.connect(_remember, dispatch_uid="errorkit.guard")


def answer_escaped(
    exc: Exception, *, build: Callable[[], HttpRequest], meta: Mapping[str, Any]
) -> HttpResponse:
    """Return the answer to an exception that Django let escape; `build` makes its request again,
    `meta` holds its headers as WSGI names them.

    A request that cannot be built is the client's mistake: 400, and no incident.
    """
    failed = _failed.get()
    try:
        request = failed[0] if failed else build()
    except Exception as malformed:  # noqa: BLE001 - Django says so in several ways
        return _answer_malformed(malformed, meta)
    with _identified(request):
        debugging.remember(request, exc)
        latest = capture_exception(exc, request=request, handled=False)
        receipt = receipt_of(request) or latest
        response = make_response(request, problem_of_failure(request, receipt))
    return _finish(request, response, exc)


def answer_bare(response: HttpResponse, body: bytes) -> bool:
    """Answer on the response if its body is Django's own bare 500, made outside of our middleware; return whether it was.

    Headers and cookies that are not about the body stay.
    """
    failed = _failed.get()
    if not failed or body != DJANGO_BODY:
        return False
    request = failed[-1]
    with _identified(request):
        answer(response, request, problem_of_failure(request, receipt_of(request)))
    mark_identified(response, request.request_id)  # type: ignore[attr-defined]
    return True


def _answer_malformed(exc: Exception, meta: Mapping[str, Any]) -> HttpResponse:
    request = HttpRequest()
    request.META = dict(meta)
    request.method = str(meta.get("REQUEST_METHOD", "GET"))
    request.path = request.path_info = str(meta.get("PATH_INFO", "/"))
    with _identified(request):
        response = make_response(request, problem_of(request, status=400))
    return _finish(request, response, exc)


@contextmanager
def _identified(request: HttpRequest) -> Iterator[None]:
    """Give the request an ID, if no middleware has, and bind it."""
    if not hasattr(request, "request_id"):
        request.request_id = choose_request_id(request)  # type: ignore[attr-defined]
    token = bind(request.request_id)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        unbind(token)


def _finish(request: HttpRequest, response: HttpResponse, exc: Exception) -> HttpResponse:
    """Log what the server would have logged, and put the ID on the answer."""
    mark_identified(response, request.request_id)  # type: ignore[attr-defined]
    log_response(
        "%s: %s",
        response.reason_phrase,
        request.path,
        response=response,
        request=request,
        exception=exc,
    )
    return response
