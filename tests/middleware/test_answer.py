import json
import re

import pytest
from django.test import AsyncClient, Client, override_settings

from errorkit.models import Occurrence
from tests.middleware import views
from tests.middleware.views import SECRET

JSON = "application/json"
PROBLEM = "application/problem+json"
REFERENCE = re.compile(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}")


class WithHandlers:
    urlpatterns = views.urlpatterns
    handler400 = "errorkit.responses.handlers.bad_request"
    handler404 = "errorkit.responses.handlers.page_not_found"


@pytest.mark.trap("T18")
@pytest.mark.parametrize("path", ["/fail/", "/fail-async/", "/none/", "/unprintable/"])
@pytest.mark.django_db
def test_answer_is_a_page_with_a_reference_when_a_browser_meets_a_failure(
    visitor: Client, path: str
) -> None:
    response = visitor.get(path, HTTP_ACCEPT="text/html,*/*;q=0.8")

    assert response.status_code == 500
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert re.search(
        rf'id="errorkit-reference"[^>]*>{REFERENCE.pattern}<', response.content.decode()
    )
    assert SECRET not in response.content.decode()
    assert len(response.content) < 14_000


@pytest.mark.trap("T55")
@pytest.mark.django_db
def test_answer_carries_the_promised_headers_when_it_is_an_error(visitor: Client) -> None:
    response = visitor.get("/fail/")

    assert response["Cache-Control"] == "no-store"
    assert {"Accept", "Accept-Language"} <= {name.strip() for name in response["Vary"].split(",")}
    assert response["Content-Language"] == "en"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Robots-Tag"] == "noindex"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert re.fullmatch(r"[0-9a-f]{32}", response["X-Request-ID"])
    assert response["Content-Length"] == str(len(response.content))
    assert not response.has_header("Retry-After")


@pytest.mark.parametrize(("accept", "content_type"), [(JSON, JSON), (PROBLEM, PROBLEM)])
@pytest.mark.django_db
def test_answer_has_the_promised_members_when_a_client_wants_json(
    visitor: Client, accept: str, content_type: str
) -> None:
    response = visitor.get("/fail/", HTTP_ACCEPT=accept)
    body = json.loads(response.content)

    assert response["Content-Type"] == content_type
    assert set(body) == {
        "type", "title", "status", "detail", "error", "request_id", "instance", "reference", "retryable",
    }  # fmt: skip
    assert body["type"] == "about:blank"
    assert body["title"] == "Internal Server Error"
    assert body["status"] == 500
    assert body["error"] == "internal_server_error"
    assert body["request_id"] == response["X-Request-ID"]
    assert body["instance"].startswith("urn:uuid:")
    assert REFERENCE.fullmatch(body["reference"])
    assert body["retryable"] is False
    assert SECRET not in response.content.decode()


@pytest.mark.django_db
def test_answer_is_phrase_and_reference_when_a_client_wants_text(visitor: Client) -> None:
    response = visitor.get("/fail/", HTTP_ACCEPT="text/plain")

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert re.fullmatch(
        rf"Internal Server Error\n\n{REFERENCE.pattern}\n", response.content.decode()
    )


@pytest.mark.django_db
def test_answer_has_no_body_when_the_method_is_head(visitor: Client) -> None:
    response = visitor.head("/fail/")

    assert response.status_code == 500
    assert response.content == b""
    assert int(response["Content-Length"]) > 0


@pytest.mark.trap("T54")
@pytest.mark.parametrize(
    ("path", "status", "retry_after"),
    [
        ("/unavailable/", 503, "120"),
        ("/bad-gateway/", 502, None),
        ("/timeout/", 504, None),
    ],
)
@pytest.mark.django_db
def test_answer_has_the_status_of_the_exception_when_it_names_one(
    visitor: Client, path: str, status: int, retry_after: str | None
) -> None:
    response = visitor.get(path, HTTP_ACCEPT=JSON)
    body = json.loads(response.content)

    assert response.status_code == body["status"] == status
    assert response.headers.get("Retry-After") == retry_after
    assert body["retryable"] is True
    assert REFERENCE.fullmatch(body["reference"])


@pytest.mark.django_db
def test_answer_is_not_retryable_when_a_post_may_have_been_half_done(visitor: Client) -> None:
    plain = visitor.post("/unavailable/", HTTP_ACCEPT=JSON)
    keyed = visitor.post("/unavailable/", HTTP_ACCEPT=JSON, HTTP_IDEMPOTENCY_KEY="a1")

    assert json.loads(plain.content)["retryable"] is False
    assert json.loads(keyed.content)["retryable"] is True


@pytest.mark.django_db
def test_answer_is_about_the_failure_when_the_view_has_handled_another_before(
    visitor: Client,
) -> None:
    response = visitor.get("/handled-before/", HTTP_ACCEPT=JSON)

    failure = Occurrence.objects.get(reference=json.loads(response.content)["reference"])
    assert (response.status_code, response["Retry-After"]) == (503, "120")
    assert (failure.status, failure.title.partition(":")[0]) == (503, "ServiceUnavailable")


@override_settings(ERRORKIT={"STATUS_MAP": {"builtins.OSError": 503}})
@pytest.mark.django_db
def test_answer_has_the_mapped_status_when_a_base_class_is_in_the_map(visitor: Client) -> None:
    assert visitor.get("/missing-file/").status_code == 503


@override_settings(ERRORKIT={"API_PREFIXES": ["/api/"]})
@pytest.mark.django_db
def test_answer_is_problem_json_when_the_path_is_an_apis_and_accept_is_open(
    visitor: Client,
) -> None:
    assert visitor.get("/api/fail/")["Content-Type"] == PROBLEM
    assert visitor.get("/api/fail/", HTTP_ACCEPT="text/html")["Content-Type"].startswith(
        "text/html"
    )
    assert visitor.get("/fail/")["Content-Type"].startswith("text/html")


@pytest.mark.anyio
@pytest.mark.usefixtures("production")
@pytest.mark.django_db(transaction=True)
async def test_answer_is_the_same_when_the_site_is_async(async_visitor: AsyncClient) -> None:
    for path in ("/fail/", "/fail-async/"):
        response = await async_visitor.get(path, headers={"accept": JSON})
        assert response.status_code == 500
        assert REFERENCE.fullmatch(json.loads(response.content)["reference"])


@pytest.mark.trap("T4")
@pytest.mark.parametrize(
    "accept",
    ["text/html;x*=bogus''v", "text/html;x*=undefined''v", "a" * 20_000, "\x00", "image/*"],
)
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.django_db
def test_answer_stays_a_500_when_accept_is_hostile(
    visitor: Client, accept: str, debug: bool
) -> None:
    with override_settings(DEBUG=debug):
        response = visitor.get("/fail/", HTTP_ACCEPT=accept)

    assert response.status_code == 500
    assert response.content


@pytest.mark.trap("T16")
@override_settings(DEBUG=True)
@pytest.mark.django_db
def test_answer_is_djangos_technical_page_when_debugging_in_a_browser(visitor: Client) -> None:
    response = visitor.get("/fail/", HTTP_ACCEPT="text/html")

    assert b"Traceback" in response.content
    assert response["X-Request-ID"]


@pytest.mark.trap("T16")
@override_settings(DEBUG=True)
@pytest.mark.django_db
def test_answer_has_a_debug_member_when_debugging_an_api(visitor: Client) -> None:
    body = json.loads(visitor.get("/fail/", HTTP_ACCEPT=JSON).content)

    assert body["debug"]["exception"] == "builtins.ValueError"
    assert body["debug"]["message"] == SECRET
    assert body["debug"]["frames"][-1]["function"] == "fail"


@pytest.mark.trap("T16")
@override_settings(DEBUG=True)
@pytest.mark.parametrize(("path", "status"), [("/no-such-page/", 404), ("/bad/", 400)])
def test_answer_is_the_handlers_when_debugging_an_api_and_djangos_without_one(
    visitor: Client, path: str, status: int
) -> None:
    plain = visitor.get(path, HTTP_ACCEPT=JSON)
    with override_settings(ROOT_URLCONF=WithHandlers):
        page = visitor.get(path, HTTP_ACCEPT="text/html")
        problem = visitor.get(path, HTTP_ACCEPT=JSON)

    assert (plain.status_code, page.status_code, problem.status_code) == (status,) * 3
    assert b"DEBUG" in plain.content
    assert b"DEBUG" in page.content
    assert json.loads(problem.content)["status"] == status
    assert SECRET not in problem.content.decode()


@pytest.mark.trap("T34")
@pytest.mark.django_db
def test_answer_is_in_the_language_of_the_request_when_no_middleware_has_activated_it(
    visitor: Client,
) -> None:
    response = visitor.get("/fail/", HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="de-AT,en;q=0.5")

    assert response["Content-Language"] == "de"
    assert '<html lang="de" dir="ltr">' in response.content.decode()


def test_answer_keeps_allow_when_django_refuses_the_method_without_a_body(visitor: Client) -> None:
    response = visitor.get("/post-only/", HTTP_ACCEPT=JSON)

    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert json.loads(response.content)["error"] == "method_not_allowed"
