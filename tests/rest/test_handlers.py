import json
from typing import Any

import jsonschema
import pytest
from rest_framework.test import APIClient

from errorkit.models import Occurrence
from errorkit.rest.schema import PROBLEM, add_problem_responses
from tests.rest.site import SECRET

JSON = {"HTTP_ACCEPT": "application/json"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def api(settings: Any) -> APIClient:
    settings.ROOT_URLCONF = "tests.rest.site"
    return APIClient(raise_request_exception=False)


@pytest.mark.parametrize(
    ("path", "status", "error", "detail"),
    [
        ("/private/", 401, "not_authenticated", "Authentication credentials were not provided."),
        ("/missing/", 404, "not_found", "Not found."),
        (
            "/denied/",
            403,
            "permission_denied",
            "You do not have permission to perform this action.",
        ),
        ("/throttled/", 429, "throttled", "Request was throttled."),
        ("/conflict/", 500, "read_this", "Read this."),
        ("/away/", 503, "warehouse_away", "The warehouse is away."),
    ],
)
def test_answer_is_a_problem_when_rest_framework_raises(
    api: APIClient, path: str, status: int, error: str, detail: str
) -> None:
    response = api.get(path, **JSON)
    members = json.loads(response.content)

    jsonschema.validate(members, PROBLEM)
    assert response.status_code == members["status"] == status
    assert response["Content-Type"] == "application/json"
    assert members["error"] == error
    assert members["detail"].startswith(detail)
    assert members["request_id"] == response["X-Request-ID"]
    assert response["Cache-Control"] == "no-store"
    assert SECRET not in response.content.decode()
    assert response.data["status"] == status


def test_answer_keeps_the_challenge_when_nobody_is_signed_in(api: APIClient) -> None:
    assert api.get("/private/", **JSON)["WWW-Authenticate"] == 'Basic realm="api"'


def test_answer_says_when_to_come_back_when_it_is_throttled(api: APIClient) -> None:
    response = api.get("/throttled/", **JSON)

    assert response["Retry-After"] == "42"
    assert response.data["retryable"] is True


def test_answer_lists_pointers_and_codes_when_nested_data_is_invalid(api: APIClient) -> None:
    order = {
        "number": 0,
        "items": [{"name": "fine"}, {"name": "too long"}, {"amounts": [1, "x"]}],
        "slashed": {"a/b~c": "x"},
    }
    response = api.post("/orders/", order, format="json", **JSON)
    errors = {(error["pointer"], error["code"]) for error in response.data["errors"]}

    assert response.status_code == 400
    assert response.data["error"] == "validation_error"
    assert errors == {
        ("/number", "min_value"),
        ("/items/1/name", "max_length"),
        ("/items/2/name", "required"),
        ("/items/2/amounts/1", "invalid"),
        ("/slashed/a~1b~0c", "invalid"),
    }


def test_answer_points_to_the_whole_body_when_no_single_field_is_wrong(api: APIClient) -> None:
    order = {"number": 13, "items": []}
    errors = api.post("/orders/", order, format="json", **JSON).data["errors"]

    assert errors == [{"pointer": "", "code": "unlucky", "detail": "Not that one."}]


def test_answer_lists_each_text_when_a_view_raises_a_list(api: APIClient) -> None:
    assert [error["detail"] for error in api.get("/list/", **JSON).data["errors"]] == ["one", "two"]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/problem+json"),
        ("application/problem+json, */*;q=0.1", "application/problem+json"),
    ],
)
def test_answer_is_problem_json_when_the_client_leaves_it_open(
    api: APIClient, accept: str, content_type: str
) -> None:
    assert api.get("/missing/", HTTP_ACCEPT=accept)["Content-Type"] == content_type


def test_answer_is_the_browsable_api_when_a_browser_asks(api: APIClient) -> None:
    response = api.get("/missing/", HTTP_ACCEPT="text/html")

    assert response["Content-Type"].startswith("text/html")
    assert "not_found" in response.content.decode()


def test_answer_is_a_problem_when_nothing_suits_the_client(api: APIClient) -> None:
    response = api.get("/missing/", HTTP_ACCEPT="image/png")

    assert response.status_code == 406
    assert response.data["error"] == "not_acceptable"


def test_answer_is_a_problem_when_the_body_cannot_be_parsed(api: APIClient) -> None:
    response = api.post("/orders/", "{", content_type="application/json", **JSON)

    assert response.status_code == 400
    assert response.data["error"] == "parse_error"


def test_failure_is_recorded_when_an_api_exception_is_a_server_error(api: APIClient) -> None:
    response = api.get("/away/", **JSON)

    assert Occurrence.objects.get().reference == response.data["reference"]
    assert Occurrence.objects.get().request_id == response["X-Request-ID"]
    assert Occurrence.objects.get().status == response.status_code == 503


def test_answer_names_its_kind_when_the_site_has_a_page_about_it(
    api: APIClient, settings: Any
) -> None:
    settings.ERRORKIT = {"BRAND": {"texts": {404: {"type": "https://example.org/errors/missing"}}}}

    assert api.get("/missing/", **JSON).data["type"] == "https://example.org/errors/missing"
    assert api.get("/denied/", **JSON).data["type"] == "about:blank"


@pytest.mark.parametrize(("path", "status"), [("/fails/", 500), ("/gateway/", 502)])
def test_failure_reaches_the_middleware_when_it_is_no_api_exception(
    api: APIClient, path: str, status: int
) -> None:
    response = api.get(path, HTTP_ACCEPT="*/*")
    members = json.loads(response.content)

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert members["reference"] == Occurrence.objects.get().reference
    assert SECRET not in response.content.decode()


def test_schema_has_the_problem_when_spectacular_calls_the_hook() -> None:
    document = {"paths": {"/a/": {"get": {"responses": {"200": {}}}, "parameters": []}}}

    result = add_problem_responses(document, None, None, None)

    reference = result["paths"]["/a/"]["get"]["responses"]["default"]["content"]
    assert reference["application/problem+json"]["schema"]["$ref"].endswith("/Problem")
    assert result["components"]["schemas"]["Problem"] == PROBLEM
