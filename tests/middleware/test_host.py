"""The host keeps its own behaviour."""

import json
import logging
from collections.abc import Callable

import django
import pytest
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from errorkit.request_ids import get_request_id
from tests.middleware.views import SECRET, fail

GetResponse = Callable[[HttpRequest], HttpResponse]
OURS = "errorkit.middleware.ErrorkitMiddleware"


def own_handler(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<h1>Own page</h1>", status=500)


def failing_handler(request: HttpRequest) -> HttpResponse:
    raise KeyError(SECRET)


class OwnHandler:
    urlpatterns = [path("fail/", fail)]
    handler500 = staticmethod(own_handler)


class FailingHandler:
    urlpatterns = [path("fail/", fail)]
    handler500 = staticmethod(failing_handler)


class PackagedHandler:
    urlpatterns = [path("fail/", fail)]
    handler500 = "errorkit.responses.handlers.server_error"


def adds_headers(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["X-Inner"] = "kept"
        response["Vary"] = "Origin"
        response["Access-Control-Expose-Headers"] = "X-Inner"
        response["ETag"] = '"stale"'
        response["Content-Encoding"] = "identity"
        response["Content-Disposition"] = "attachment"
        response.set_cookie("inner", "kept")
        return response

    return middleware


def fails_on_the_way_out(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        get_response(request)
        raise RuntimeError(SECRET)

    return middleware


def chooses_urlconf(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        request.urlconf = OwnHandler  # type: ignore[assignment]
        return get_response(request)

    return middleware


def signs_pages(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.content += b"<!-- served by web-1 -->"
        return response

    return middleware


def not_used(get_response: GetResponse) -> GetResponse:
    raise MiddlewareNotUsed


@pytest.mark.trap("T10")
@pytest.mark.parametrize("path", ["/own-500/", "/own-500-html/", "/handled-500/"])
@pytest.mark.django_db
def test_middleware_leaves_the_body_alone_when_a_view_returns_a_500_on_purpose(
    visitor: Client, path: str
) -> None:
    response = visitor.get(path, HTTP_ACCEPT="application/json")

    assert b"mine" in response.content
    assert response["X-Request-ID"]


@pytest.mark.django_db
def test_middleware_keeps_the_page_when_the_site_has_a_handler500(visitor: Client) -> None:
    with override_settings(ROOT_URLCONF=OwnHandler):
        page = visitor.get("/fail/", HTTP_ACCEPT="text/html")
        problem = visitor.get("/fail/", HTTP_ACCEPT="application/json")

    assert page.content == b"<h1>Own page</h1>"
    assert page["X-Request-ID"]
    assert json.loads(problem.content)["error"] == "internal_server_error"


@pytest.mark.trap("T30")
@pytest.mark.django_db
def test_middleware_uses_the_handler_of_the_request_when_a_tenant_has_its_own_urlconf(
    visitor: Client,
) -> None:
    with override_settings(MIDDLEWARE=[OURS, f"{__name__}.chooses_urlconf"]):
        page = visitor.get("/fail/", HTTP_ACCEPT="text/html")

    assert page.content == b"<h1>Own page</h1>"


@pytest.mark.trap("T1")
@pytest.mark.django_db
def test_middleware_answers_when_handler500_fails(visitor: Client) -> None:
    with override_settings(ROOT_URLCONF=FailingHandler):
        response = visitor.get("/fail/", HTTP_ACCEPT="text/html")

    assert response.status_code == 500
    assert b"errorkit-reference" in response.content
    assert SECRET.encode() not in response.content


@pytest.mark.trap("T2")
@pytest.mark.django_db
def test_middleware_answers_when_the_urlconf_cannot_be_imported(visitor: Client) -> None:
    with override_settings(ROOT_URLCONF="tests.no_such_module"):
        response = visitor.get("/fail/", HTTP_ACCEPT="text/html")

    assert response.status_code == 500
    assert b"errorkit-reference" in response.content


@pytest.mark.django_db
def test_middleware_knows_the_reference_when_handler500_is_the_packaged_one(
    visitor: Client,
) -> None:
    with override_settings(ROOT_URLCONF=PackagedHandler):
        response = visitor.get("/fail/", HTTP_ACCEPT="application/json")

    assert json.loads(response.content)["reference"]


@pytest.mark.django_db
def test_middleware_answers_when_another_middleware_fails(visitor: Client) -> None:
    with override_settings(MIDDLEWARE=[OURS, f"{__name__}.fails_on_the_way_out"]):
        response = visitor.get("/fine/", HTTP_ACCEPT="application/json")

    assert response.status_code == 500
    assert json.loads(response.content)["reference"]


@pytest.mark.trap("T64")
@pytest.mark.django_db
def test_middleware_answers_when_another_one_is_not_used(visitor: Client) -> None:
    with override_settings(MIDDLEWARE=[OURS, f"{__name__}.not_used"]):
        assert visitor.get("/fail/").status_code == 500


@pytest.mark.trap("T12", "T13", "T32")
@pytest.mark.django_db
def test_middleware_keeps_headers_and_cookies_when_it_replaces_the_body(visitor: Client) -> None:
    with override_settings(MIDDLEWARE=[OURS, f"{__name__}.adds_headers"]):
        response = visitor.get("/fail/")

    assert response["X-Inner"] == "kept"
    assert response.cookies["inner"].value == "kept"
    assert response["Vary"].startswith("Origin, Accept")
    assert response["Access-Control-Expose-Headers"] == "X-Inner, X-Request-ID"
    for stale in ("ETag", "Content-Encoding", "Content-Disposition"):
        assert stale not in response.headers


@pytest.mark.django_db
def test_middleware_answers_when_another_one_has_changed_djangos_bare_page(
    visitor: Client,
) -> None:
    with override_settings(MIDDLEWARE=[OURS, f"{__name__}.signs_pages"]):
        response = visitor.get("/fail/", HTTP_ACCEPT="text/html")

    assert b"errorkit-reference" in response.content


@pytest.mark.trap("T15")
@pytest.mark.django_db
def test_client_still_raises_when_the_host_tests_its_site() -> None:
    with pytest.raises(ValueError, match=SECRET):
        Client().get("/fail/")


@pytest.mark.trap("T15")
@pytest.mark.anyio
@pytest.mark.django_db
async def test_async_client_still_raises_when_the_host_tests_its_site() -> None:
    with pytest.raises(ValueError, match=SECRET):
        await AsyncClient().get("/fail-async/")


@pytest.mark.trap("T11", "T61")
@pytest.mark.parametrize("path", ["/fail/", "/unavailable/"])
@pytest.mark.django_db
def test_django_logs_once_with_the_traceback_when_a_view_fails(
    visitor: Client, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="django.request"):
        visitor.get(path)

    records = [record for record in caplog.records if record.name == "django.request"]
    assert len(records) == 1
    assert records[0].exc_info
    assert records[0].status_code == 500  # type: ignore[attr-defined]
    assert records[0].request  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_django_logs_once_with_the_traceback_when_handler500_fails(
    visitor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        override_settings(ROOT_URLCONF=FailingHandler),
        caplog.at_level(logging.ERROR, logger="django.request"),
    ):
        visitor.get("/fail/")

    records = [record for record in caplog.records if record.name == "django.request"]
    assert len(records) == 1
    assert records[0].exc_info


@pytest.mark.trap("T14")
@override_settings(DEBUG_PROPAGATE_EXCEPTIONS=True)
@pytest.mark.django_db
def test_exception_reaches_the_server_when_the_host_wants_it_to(visitor: Client) -> None:
    with pytest.raises(ValueError, match=SECRET):
        visitor.get("/fail/")


@pytest.mark.trap("T14")
@override_settings(DEBUG_PROPAGATE_EXCEPTIONS=True)
@pytest.mark.anyio
@pytest.mark.django_db
async def test_exception_reaches_the_async_server_when_the_host_wants_it_to(
    async_visitor: AsyncClient,
) -> None:
    with pytest.raises(ValueError, match=SECRET):
        await async_visitor.get("/fail-async/")


@pytest.mark.trap("T20")
@pytest.mark.django_db
def test_exit_passes_untouched_when_a_view_ends_the_process(visitor: Client) -> None:
    with pytest.raises(SystemExit):
        visitor.get("/exits/")

    assert get_request_id() is None


@pytest.mark.trap("T44")
@pytest.mark.django_db
def test_id_is_bound_for_the_request_only_when_all_is_well(visitor: Client) -> None:
    response = visitor.get("/fine/")

    assert response.content.decode() == f"fine {response['X-Request-ID']}"
    assert get_request_id() is None


@pytest.mark.trap("T44")
@pytest.mark.anyio
@pytest.mark.django_db
async def test_id_is_bound_for_the_request_only_when_the_site_is_async(
    async_visitor: AsyncClient,
) -> None:
    for address in ("/fine/", "/fine-async/"):
        response = await async_visitor.get(address)
        assert response.content.decode() == f"fine {response['X-Request-ID']}"
    assert get_request_id() is None


@pytest.mark.parametrize("path", ["/no-such-page/", "/forbidden/", "/bad/", "/suspicious/"])
@pytest.mark.django_db
def test_id_is_on_the_answer_when_it_is_not_a_500(visitor: Client, path: str) -> None:
    response = visitor.get(path)

    assert 400 <= response.status_code < 500
    assert response["X-Request-ID"]


@override_settings(ERRORKIT={"REQUEST_ID_HEADER": None})
@pytest.mark.django_db
def test_no_id_header_is_sent_when_it_is_switched_off(visitor: Client) -> None:
    assert not visitor.get("/fine/").has_header("X-Request-ID")
    assert not visitor.get("/fail/").has_header("X-Request-ID")


@override_settings(ERRORKIT={"REQUEST_ID_HEADER": "X-Correlation"})
@pytest.mark.django_db
def test_id_header_has_the_configured_name_when_there_is_one(visitor: Client) -> None:
    assert visitor.get("/fine/")["X-Correlation"]


def test_middleware_is_second_when_the_suite_runs() -> None:
    assert settings.MIDDLEWARE[1] == OURS


@pytest.mark.trap("T35")
@pytest.mark.skipif(django.VERSION < (6,), reason="Django has the middleware from 6.0 on")
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.django_db
def test_page_keeps_its_own_policy_when_the_site_has_another(visitor: Client, place: int) -> None:
    middleware = [OURS]
    middleware.insert(place, "django.middleware.csp.ContentSecurityPolicyMiddleware")
    policy = {"default-src": ["'self'"]}
    with override_settings(MIDDLEWARE=middleware, SECURE_CSP=policy, SECURE_CSP_REPORT_ONLY=policy):
        failed = visitor.get("/fail/", HTTP_ACCEPT="text/html")
        fine = visitor.get("/fine/")

    assert "sha256-" in failed["Content-Security-Policy"]
    assert not failed.has_header("Content-Security-Policy-Report-Only")
    assert fine["Content-Security-Policy"] == "default-src 'self'"
