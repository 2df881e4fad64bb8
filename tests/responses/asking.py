"""Requests and problems to answer."""

import json
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from errorkit.reports.identity import make_occurrence_id, reference_of
from errorkit.reports.receipt import Receipt
from errorkit.responses.answer import make_response
from errorkit.responses.problem import problem_of

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def ask(method: str = "GET", path: str = "/shop/", **meta: Any) -> HttpRequest:
    request = RequestFactory().generic(method, path, **meta)
    request.request_id = uuid.uuid4().hex
    return request


def receipt(*, durable: bool = True) -> Receipt:
    if not durable:
        return Receipt(durable=False)
    occurrence_id = make_occurrence_id()
    return Receipt(durable=True, occurrence_id=occurrence_id, reference=reference_of(occurrence_id))


def reply(
    status: int = 500,
    *,
    method: str = "GET",
    durable: bool | None = None,
    retry_after: int | None = None,
    members: Any = None,
    **meta: Any,
) -> HttpResponse:
    """Return the answer to a failure; `durable` is by default what it is when all is well."""
    request = ask(method, **meta)
    recorded = durable if durable is not None else status >= 500
    proof = receipt(durable=recorded) if status >= 500 else None
    problem = problem_of(
        request, status=status, receipt=proof, retry_after=retry_after, **(members or {})
    )
    return make_response(request, problem)


def body(response: HttpResponse) -> dict[str, Any]:
    return json.loads(response.content)
