"""Bind the request ID, let the request run, and answer on the way out where it failed."""

import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.log import log_response

from errorkit.capture import capture_exception, receipt_of
from errorkit.reports import scope
from errorkit.request_ids import bind, choose_request_id, unbind
from errorkit.responses import debugging, streaming
from errorkit.responses.answer import answer, keep_page, make_response, mark_identified
from errorkit.responses.converted import Verdict, is_worth_a_look, judge
from errorkit.responses.problem import problem_of_failure

GetResponse = Callable[[HttpRequest], Any]


class ErrorkitMiddleware:
    """Belongs directly inside SecurityMiddleware and CorsMiddleware; native in sync and in async sites.

    While all is well it costs one ID, one binding and one header.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)
        got_request_exception.connect(_remember_for_debug, dispatch_uid="errorkit.debug")

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer the request."""
        if self.is_async:
            return self._respond_async(request)
        request_id = request.request_id = choose_request_id(request)  # type: ignore[attr-defined]
        token = bind(request_id)
        scope.clear()
        try:
            response: HttpResponseBase = self.get_response(request)
            if is_worth_a_look(response):
                settle(request, response)
        except Exception as exc:
            if settings.DEBUG_PROPAGATE_EXCEPTIONS:
                raise
            response = rescue(request, exc)
        finally:
            unbind(token)
        mark_identified(response, request_id)
        return response

    async def _respond_async(self, request: HttpRequest) -> HttpResponseBase:
        request_id = request.request_id = choose_request_id(request)  # type: ignore[attr-defined]
        token = bind(request_id)
        scope.clear()
        try:
            response: HttpResponseBase = await self.get_response(request)
            if response.streaming:
                settle(request, response)
            elif is_worth_a_look(response):
                # Rendering loads templates and catalogues: files, which would hold up the loop.
                await sync_to_async(settle, thread_sensitive=False)(request, response)
        except Exception as exc:
            if settings.DEBUG_PROPAGATE_EXCEPTIONS:
                raise
            response = await sync_to_async(rescue, thread_sensitive=False)(request, exc)
        finally:
            unbind(token)
        mark_identified(response, request_id)
        return response


def settle(request: HttpRequest, response: HttpResponseBase) -> None:
    """Answer on the response itself if Django made it of a failure; watch it if it streams."""
    if isinstance(response, StreamingHttpResponse):
        tell = partial(capture_exception, request=request, handled=False)
        streaming.watch(response, request_id=request.request_id, tell=tell)  # type: ignore[attr-defined]
        return
    if not isinstance(response, HttpResponse):
        return
    receipt = receipt_of(request)
    status = receipt.status if receipt else response.status_code
    verdict = judge(request, response, failed=receipt is not None, status=status)
    if verdict is Verdict.REPLACE:
        answer(response, request, problem_of_failure(request, receipt, status=status))
    elif verdict is Verdict.KEEP_PAGE and receipt is not None:
        keep_page(response, status=status, retry_after=receipt.retry_after)


def rescue(request: HttpRequest, exc: Exception) -> HttpResponse:
    """Answer what Django could not convert: a handler500 that fails, a URLconf that cannot be imported.

    It is logged the way Django logs a failure, because nobody has done so yet.
    """
    debugging.remember(request, exc)
    latest = capture_exception(exc, request=request, handled=False)
    # The first failure of a request is the one to quote; the handler that failed over it comes second.
    receipt = receipt_of(request) or latest
    response = make_response(request, problem_of_failure(request, receipt))
    log_response(
        "%s: %s",
        response.reason_phrase,
        request.path,
        response=response,
        request=request,
        exception=exc,
    )
    return response


def _remember_for_debug(*, request: HttpRequest, **_: Any) -> None:
    exc = sys.exc_info()[1]
    if settings.DEBUG and exc is not None:
        debugging.remember(request, exc)
