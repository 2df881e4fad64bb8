import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404

from errorkit.responses import handlers
from tests.responses.asking import ask, body

SECRET = "canary-5up3r-s3cret"
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.mark.trap("T26")
@pytest.mark.parametrize(
    ("view", "exception", "status", "error"),
    [
        (handlers.bad_request, ValueError(SECRET), 400, "bad_request"),
        (handlers.bad_request, RequestDataTooBig(SECRET), 413, "content_too_large"),
        (handlers.permission_denied, PermissionDenied(SECRET), 403, "forbidden"),
        (handlers.page_not_found, Http404({"tried": [SECRET]}), 404, "not_found"),
        (handlers.too_many_requests, ValueError(SECRET), 429, "too_many_requests"),
    ],
)
def test_handler_tells_nothing_of_the_exception_when_it_answers(
    view: object, exception: Exception, status: int, error: str
) -> None:
    response = view(ask(path=f"/{SECRET}/", **JSON), exception)  # type: ignore[operator]

    assert response.status_code == status
    assert body(response)["error"] == error
    assert SECRET not in response.content.decode()


def test_csrf_failure_speaks_of_the_form_when_a_token_is_missing() -> None:
    response = handlers.csrf_failure(ask("POST", **JSON), reason=SECRET)

    assert response.status_code == 403
    assert body(response)["error"] == "csrf_failed"
    assert "form" in body(response)["detail"]
    assert SECRET not in response.content.decode()


def test_respond_lets_a_view_choose_when_it_knows_better() -> None:
    response = handlers.respond(
        ask(**JSON), status=409, detail="Version 3 is newer.", error="stale_version"
    )

    assert response.status_code == 409
    assert body(response)["detail"] == "Version 3 is newer."
    assert body(response)["error"] == "stale_version"
