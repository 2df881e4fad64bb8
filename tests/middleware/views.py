"""A host site's views: they fail in every way there is."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseServerError,
    JsonResponse,
    StreamingHttpResponse,
)
from django.urls import path
from django.views.decorators.http import require_POST

from errorkit import get_request_id
from errorkit.exceptions import BadGateway, GatewayTimeout, ServiceUnavailable

SECRET = "canary-5up3r-s3cret"


def fine(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"fine {get_request_id()}")


async def fine_async(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return HttpResponse(f"fine {get_request_id()}")


def fail(request: HttpRequest) -> HttpResponse:
    raise ValueError(SECRET)


async def fail_async(request: HttpRequest) -> HttpResponse:
    raise ValueError(SECRET)


def returns_none(request: HttpRequest) -> None:
    return None


def own_500(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"mine": True}, status=500)


def own_500_html(request: HttpRequest) -> HttpResponse:
    return HttpResponseServerError("<p>mine</p>")


def handled_500(request: HttpRequest) -> HttpResponse:
    from errorkit import capture_exception

    try:
        raise ValueError(SECRET)
    except ValueError as exc:
        capture_exception(exc, request=request)
    return HttpResponseServerError("<p>mine</p>")


def handled_before(request: HttpRequest) -> HttpResponse:
    from errorkit import capture_exception

    try:
        raise ValueError(SECRET)
    except ValueError as exc:
        capture_exception(exc, request=request)
    raise ServiceUnavailable(SECRET, retry_after=120)


def unavailable(request: HttpRequest) -> HttpResponse:
    raise ServiceUnavailable(SECRET, retry_after=120)


def bad_gateway(request: HttpRequest) -> HttpResponse:
    raise BadGateway(SECRET)


def timeout(request: HttpRequest) -> HttpResponse:
    raise GatewayTimeout(SECRET)


def missing_file(request: HttpRequest) -> HttpResponse:
    raise FileNotFoundError(SECRET)


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied(SECRET)


def bad(request: HttpRequest) -> HttpResponse:
    raise BadRequest(SECRET)


def suspicious(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation(SECRET)


@require_POST
def post_only(request: HttpRequest) -> HttpResponse:
    return HttpResponse("posted")


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError(SECRET)


def unprintable(request: HttpRequest) -> HttpResponse:
    raise Unprintable


def exits(request: HttpRequest) -> HttpResponse:
    raise SystemExit(3)


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[str]:
        yield f"{get_request_id()} "
        yield f"{get_request_id()}"

    return StreamingHttpResponse(chunks())


def stream_fails(request: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[str]:
        yield "half "
        raise ValueError(SECRET)

    return StreamingHttpResponse(chunks())


async def stream_async(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[str]:
        yield f"{get_request_id()} "
        await asyncio.sleep(0)
        yield f"{get_request_id()}"

    return StreamingHttpResponse(chunks())


async def stream_fails_async(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[str]:
        yield "half "
        raise ValueError(SECRET)

    return StreamingHttpResponse(chunks())


urlpatterns = [
    path("fine/", fine),
    path("fine-async/", fine_async),
    path("fail/", fail),
    path("fail-async/", fail_async),
    path("none/", returns_none),  # type: ignore[arg-type]
    path("own-500/", own_500),
    path("own-500-html/", own_500_html),
    path("handled-500/", handled_500),
    path("handled-before/", handled_before),
    path("unavailable/", unavailable),
    path("bad-gateway/", bad_gateway),
    path("timeout/", timeout),
    path("missing-file/", missing_file),
    path("forbidden/", forbidden),
    path("bad/", bad),
    path("suspicious/", suspicious),
    path("unprintable/", unprintable),
    path("exits/", exits),
    path("post-only/", post_only),
    path("stream/", stream),
    path("stream-fails/", stream_fails),
    path("stream-async/", stream_async),
    path("stream-fails-async/", stream_fails_async),
    path("api/fail/", fail),
]
