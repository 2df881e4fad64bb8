"""What clients and servers do to a failing request, and what middleware around errorkit does to its answer."""

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import iscoroutinefunction
from django.core.exceptions import RequestAborted
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.test.utils import override_script_prefix
from django.urls import path
from django.utils.functional import lazystr
from django.views.decorators.csrf import csrf_protect

from errorkit.middleware import ErrorkitMiddleware
from errorkit.models import Occurrence
from errorkit.request_ids import get_request_id
from errorkit.responses.handlers import respond
from tests.middleware.views import SECRET, fail

JSON = "application/json"
OURS = "errorkit.middleware.ErrorkitMiddleware"
THREADS: list[int] = []


async def where(request: HttpRequest) -> HttpResponse:
    THREADS.append(threading.get_ident())
    return HttpResponse("here")


def outbound(request: HttpRequest) -> HttpResponse:
    raise BrokenPipeError("the warehouse hung up")


def aborted(request: HttpRequest) -> HttpResponse:
    raise RequestAborted


def endless(request: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[str]:
        while True:
            yield f"{get_request_id()}\n"

    return StreamingHttpResponse(chunks())


async def endless_async(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[str]:
        while True:
            yield "more\n"
            await asyncio.sleep(60)

    return StreamingHttpResponse(chunks())


def odd_values(request: HttpRequest) -> HttpResponse:
    errors = [{"pointer": "/a", "code": lazystr("lazy"), "detail": Decimal("1.5")}]
    return respond(request, status=422, errors=errors)


@csrf_protect
def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse("sent")


class Site:
    urlpatterns = [
        path("where/", where),
        path("outbound/", outbound),
        path("aborted/", aborted),
        path("endless/", endless),
        path("endless-async/", endless_async),
        path("odd-values/", odd_values),
        path("form/", form),
        path("fail/", fail),
        path("old/", lambda request: HttpResponse(status=302, headers={"Location": "/new/"})),
        path("empty/", lambda request: HttpResponse(status=204)),
        path("json/", lambda request: JsonResponse({})),
    ]
    handler400 = "errorkit.responses.handlers.bad_request"
    handler403 = "errorkit.responses.handlers.permission_denied"
    handler404 = "errorkit.responses.handlers.page_not_found"


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.ROOT_URLCONF = Site
    settings.CSRF_FAILURE_VIEW = "errorkit.responses.handlers.csrf_failure"


@pytest.mark.trap("T21")
@pytest.mark.django_db
def test_broken_pipe_is_an_incident_when_it_comes_from_an_outbound_call(visitor: Client) -> None:
    assert visitor.get("/outbound/").status_code == 500
    assert Occurrence.objects.count() == 1


@pytest.mark.trap("T21")
@pytest.mark.django_db
def test_disconnect_is_no_incident_when_the_client_has_gone(visitor: Client) -> None:
    visitor.get("/aborted/")

    assert Occurrence.objects.count() == 0


@pytest.mark.trap("T22")
@pytest.mark.django_db
def test_stream_is_no_incident_when_the_client_stops_reading(visitor: Client) -> None:
    response: Any = visitor.get("/endless/")
    next(iter(response))
    # What the server does; `response.close` would end the test's transaction with the request.
    response._iterator.close()

    assert Occurrence.objects.count() == 0
    assert get_request_id() is None


@pytest.mark.trap("T20", "T23")
@pytest.mark.anyio
@pytest.mark.django_db
async def test_async_stream_is_no_incident_when_it_is_cancelled(async_visitor: AsyncClient) -> None:
    response: Any = await async_visitor.get("/endless-async/")
    chunks = response.streaming_content

    async def read() -> None:
        async for _ in chunks:
            pass

    reading = asyncio.ensure_future(read())
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert get_request_id() is None


@pytest.mark.trap("T47")
def test_middleware_is_native_when_the_site_is_async() -> None:
    async def get_response(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert iscoroutinefunction(ErrorkitMiddleware(get_response))
    assert not iscoroutinefunction(ErrorkitMiddleware(lambda request: HttpResponse()))


@pytest.mark.trap("T47")
@pytest.mark.anyio
async def test_request_stays_on_the_loop_when_all_is_well(async_visitor: AsyncClient) -> None:
    THREADS.clear()
    with override_settings(MIDDLEWARE=[OURS]):
        await async_visitor.get("/where/")

    assert [threading.get_ident()] == THREADS


@pytest.mark.trap("T13", "T59")
@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_RANGE": "bytes=0-10"},
        {"HTTP_IF_NONE_MATCH": "*"},
        {"HTTP_IF_MODIFIED_SINCE": "Wed, 21 Oct 2099 07:28:00 GMT"},
        {"HTTP_IF_MATCH": '"x"'},
        {"HTTP_ACCEPT_ENCODING": "gzip"},
        {"HTTP_COOKIE": "sessionid=\x00; =; ;;" + "a" * 9000},
        {"CONTENT_TYPE": "multipart/form-data; boundary=" + "x" * 5000},
        {"HTTP_HOST": "evil.example:99999"},
        {"HTTP_TRACEPARENT": "00-" + "f" * 9000},
    ],
)
@pytest.mark.django_db
def test_answer_is_a_whole_error_when_the_request_has_odd_headers(
    visitor: Client, headers: dict[str, str]
) -> None:
    middleware = [
        "django.middleware.gzip.GZipMiddleware",
        OURS,
        "django.middleware.http.ConditionalGetMiddleware",
        "django.middleware.common.CommonMiddleware",
    ]
    with override_settings(MIDDLEWARE=middleware):
        response = visitor.get("/fail/", HTTP_ACCEPT="text/plain", **headers)

    assert response.status_code in {400, 500}
    assert response.content
    assert b"evil.example" not in response.content
    assert not response.has_header("ETag")


@pytest.mark.trap("T28")
@pytest.mark.django_db
def test_host_is_not_shown_and_no_incident_when_it_is_not_allowed(visitor: Client) -> None:
    response = visitor.get("/json/", HTTP_HOST="evil.example", HTTP_ACCEPT="text/html")

    assert response.status_code == 400
    assert "This request could not be understood" in response.content.decode()
    assert "evil.example" not in response.content.decode()
    assert Occurrence.objects.count() == 0


@pytest.mark.trap("T27")
def test_form_is_refused_in_plain_words_and_logged_by_django_when_the_token_is_missing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = Client(enforce_csrf_checks=True)
    with caplog.at_level(logging.WARNING, logger="django.security.csrf"):
        page = client.post("/form/", HTTP_ACCEPT="text/html")
        problem = client.post("/form/", HTTP_ACCEPT=JSON)

    assert page.status_code == problem.status_code == 403
    assert "This form has expired" in page.content.decode()
    assert json.loads(problem.content)["error"] == "csrf_failed"
    assert [record.name for record in caplog.records].count("django.security.csrf") == 2


@pytest.mark.trap("T25")
@pytest.mark.parametrize(("path", "status"), [("/old/", 302), ("/empty/", 204), ("/json/", 200)])
def test_response_is_untouched_when_it_is_no_error(visitor: Client, path: str, status: int) -> None:
    response = visitor.get(path)

    assert response.status_code == status
    assert not response.has_header("X-Robots-Tag")


@pytest.mark.trap("T39")
def test_json_is_valid_when_values_are_lazy_or_decimal(visitor: Client) -> None:
    body = json.loads(visitor.get("/odd-values/", HTTP_ACCEPT=JSON).content)

    assert body["errors"] == [{"pointer": "/a", "code": "lazy", "detail": "1.5"}]


@pytest.mark.trap("T39")
@pytest.mark.parametrize("value", [float("nan"), object(), {1, 2}])
def test_json_is_the_constant_when_a_value_cannot_be_json(value: object) -> None:
    request = RequestFactory().get("/", HTTP_ACCEPT=JSON)
    response = respond(request, status=422, errors=[{"pointer": value}])

    assert response.status_code == 422
    assert json.loads(response.content)["error"] == "unprocessable_content"


@pytest.mark.trap("T63")
@pytest.mark.django_db
def test_links_have_the_prefix_when_the_site_is_mounted_below_one(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.views.urls"
    with override_script_prefix("/mounted/"):
        page = Client(raise_request_exception=False).get("/fail/", HTTP_ACCEPT="text/html")
    text = page.content.decode()

    assert 'action="/mounted/errors/feedback/"' in text
    assert 'href="/mounted/"' in text


@pytest.mark.trap("T48")
@pytest.mark.django_db
def test_failure_is_answered_when_an_async_view_meets_atomic_requests(visitor: Client) -> None:
    from django.db import connection

    connection.settings_dict["ATOMIC_REQUESTS"] = True
    try:
        response = visitor.get("/where/", HTTP_ACCEPT=JSON)
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False

    assert response.status_code == 500
    assert Occurrence.objects.get().reference == json.loads(response.content)["reference"]


@pytest.mark.trap("T6")
@pytest.mark.django_db
def test_answer_touches_no_user_and_no_session_when_it_is_made(
    visitor: Client, django_assert_num_queries: Callable[..., Any]
) -> None:
    visitor.get("/no-such-page/")
    with django_assert_num_queries(0):
        response = visitor.get(
            "/no-such-page/", HTTP_ACCEPT="text/html", HTTP_COOKIE="sessionid=abcdefghijklmnop"
        )

    assert "Cookie" not in response["Vary"]
    assert SECRET not in response.content.decode()
