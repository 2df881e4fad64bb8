"""Views that answer an error: for handler400 to handler500, CSRF_FAILURE_VIEW, and packages that ask for a view of their own."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from errorkit.responses.answer import make_response
from errorkit.responses.converted import MARK
from errorkit.responses.problem import problem_of


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400, 413 for a body over the site's limit; the exception's text is for the log, never for the client."""
    return respond(request, status=413 if isinstance(exception, RequestDataTooBig) else 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return respond(request, status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404; neither the path nor the patterns that were tried are shown."""
    return respond(request, status=404)


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 429; for packages that limit rates and ask for a view."""
    return respond(request, status=429)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500; the middleware replaces it by one that knows status and reference."""
    response = respond(request, status=500)
    setattr(response, MARK, True)
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 with words about forms; the reason is logged by Django and not shown."""
    return respond(request, status=403, form_expired=True, error="csrf_failed")


def respond(
    request: HttpRequest, *, status: int, retry_after: int | None = None, **members: Any
) -> HttpResponse:
    """Return the answer to any status from 400 to 599, for a view to return: `respond(request, status=409)`.

    `retry_after` is in seconds. `detail`, `error`, `type` and `errors` become members of the JSON body and must be safe to show.
    """
    problem = problem_of(request, status=status, retry_after=retry_after, **members)
    return make_response(request, problem)
