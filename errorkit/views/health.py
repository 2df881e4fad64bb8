"""Health for probes, and numbers for Prometheus; both answer while the database does not."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from errorkit.health import Facts, look, metrics_of, problems_of
from errorkit.health.access import has_token, is_staff
from errorkit.health.metrics import CONTENT_TYPE

HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@transaction.non_atomic_requests
def health(request: HttpRequest) -> HttpResponse:
    """Return 200 while errorkit does its job, else 503; the details are for the token and for staff."""
    facts = look()
    problems = problems_of(facts)
    failing = any(problem.failing for problem in problems)
    answer: dict[str, Any] = {"status": "failing" if failing else "ok"}
    if _may_see_details(request, facts):
        answer |= {"problems": [asdict(problem) for problem in problems], **asdict(facts)}
    return JsonResponse(answer, status=503 if failing else 200, headers=HEADERS)


@transaction.non_atomic_requests
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the numbers as Prometheus reads them, to whoever has the token, and to staff."""
    facts = look()
    if not _may_see_details(request, facts):
        return HttpResponse("", status=403, content_type="text/plain", headers=HEADERS)
    return HttpResponse(metrics_of(facts), content_type=CONTENT_TYPE, headers=HEADERS)


def _may_see_details(request: HttpRequest, facts: Facts) -> bool:
    """Tell who is asking; a database that has not just answered is not asked for a session."""
    if has_token(request):
        return True
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    return has_session and facts.database is not None and is_staff(request)
