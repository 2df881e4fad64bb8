"""REST framework's exceptions in the shape of every other error answer.

REST_FRAMEWORK = {"EXCEPTION_HANDLER": "errorkit.rest.handlers.exception_handler"}
"""

from math import ceil
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from errorkit.capture import capture_exception
from errorkit.responses.answer import headers_of, wording_for
from errorkit.responses.negotiation import Format, choose_format
from errorkit.responses.problem import Problem, body_of, problem_of
from errorkit.responses.words import validation_words
from errorkit.rest.pointers import field_errors


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to what REST framework raises; None for anything else, which then reaches the middleware."""
    exc = _as_api_exception(exc)
    if not isinstance(exc, exceptions.APIException):
        return None
    set_rollback()
    request = getattr(context.get("request"), "_request", None) or HttpRequest()
    problem = _problem(exc, request)
    words = wording_for(request, problem)
    return Response(
        body_of(problem, words),
        status=problem.status,
        headers={**headers_of(problem, words.language), **_headers(exc)},
        content_type=_content_type(context, request),
    )


def _as_api_exception(exc: Exception) -> Exception:
    """Return Django's two exceptions as those of REST framework; what they say stays with us."""
    if isinstance(exc, Http404):
        return exceptions.NotFound()
    if isinstance(exc, PermissionDenied):
        return exceptions.PermissionDenied()
    return exc


def _problem(exc: exceptions.APIException, request: HttpRequest) -> Problem:
    status = exc.status_code
    receipt = None
    if status >= 500:
        receipt = capture_exception(exc, request=request, status=status)
    members: dict[str, Any] = {"detail": str(exc.detail), "error": exc.get_codes()}
    if isinstance(exc.detail, (dict, list)):
        members = {
            "detail": validation_words(),
            "error": "validation_error",
            "errors": field_errors(exc.detail),
        }
    return problem_of(
        request, status=status, receipt=receipt, retry_after=_retry_after(exc), **members
    )


def _retry_after(exc: exceptions.APIException) -> int | None:
    wait = getattr(exc, "wait", None)
    return max(ceil(wait), 1) if isinstance(wait, (int, float)) else None


def _headers(exc: exceptions.APIException) -> dict[str, str]:
    challenge = getattr(exc, "auth_header", None)
    return {"WWW-Authenticate": str(challenge)} if challenge else {}


def _content_type(context: dict[str, Any], request: HttpRequest) -> str | None:
    """Return the media type of a JSON answer; None lets the view's other renderers, such as the browsable API, name theirs."""
    renderer = getattr(context.get("request"), "accepted_renderer", None)
    if renderer is None:
        # Nothing suited the client: REST framework will then take the view's first.
        renderer = next(iter(getattr(context.get("view"), "renderer_classes", ())), None)
    if getattr(renderer, "media_type", None) != Format.JSON:
        return None
    return str(choose_format(request, (Format.PROBLEM, Format.JSON)))
