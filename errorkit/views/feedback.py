"""The feedback form, and for staff a preview of every answer."""

import logging
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from errorkit.incidents.feedback import Outcome, leave_feedback
from errorkit.reports.identity import reference_of
from errorkit.responses.feedback import read_token
from errorkit.responses.notes import Note, note_response
from errorkit.responses.preview import preview_answer, preview_index
from errorkit.responses.statuses import PHRASES

logger = logging.getLogger("errorkit.feedback")

# Far more than the longest message needs in any encoding; nothing is read beyond.
MOST_BYTES = 64 * 1024
STATUS_OF = {
    Outcome.SAVED: 200,
    Outcome.EMPTY: 400,
    Outcome.TOO_LONG: 400,
    Outcome.ENOUGH: 429,
}


# No CSRF cookie and no session: either may be what broke. The signed token says what the message is about, and all it can do is add one.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@transaction.non_atomic_requests
def feedback(request: HttpRequest) -> HttpResponse:
    """Show the form (GET with a token), or save a message (POST)."""
    if not _is_small(request):
        return note_response(request, Note.TOO_LONG, status=413)
    given = request.POST if request.method == "POST" else request.GET
    token = given.get("token", "")
    occurrence_id = read_token(token)
    if occurrence_id is None:
        return note_response(request, Note.EXPIRED, status=400)
    form = {
        "token": token,
        "text": given.get("text", ""),
        "email": given.get("email", ""),
        "reference": reference_of(occurrence_id),
    }
    if request.method != "POST":
        return note_response(request, Note.ASK, form=form)
    # People do not see this field; what fills it in is a program.
    if given.get("website"):
        return note_response(request, Note.SAVED, form=form)
    return _save(request, occurrence_id, form)


def preview(request: HttpRequest, status: int | None = None) -> HttpResponse:
    """Show staff every answer with the live brand, under its own policy."""
    user = getattr(request, "user", None)
    if not (user and user.is_active and user.is_staff):
        raise Http404
    if status is None:
        return preview_index(request)
    if status not in PHRASES:
        raise Http404
    return preview_answer(request, status)


def _is_small(request: HttpRequest) -> bool:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0) <= MOST_BYTES
    except ValueError:
        return False


def _save(request: HttpRequest, occurrence_id: UUID, form: dict[str, Any]) -> HttpResponse:
    try:
        outcome = leave_feedback(occurrence_id, text=form["text"], email=form["email"])
    except Exception:
        # Most likely the database, which may be what broke in the first place. The person keeps the text.
        logger.exception("Feedback could not be saved.")
        return note_response(request, Note.FAILED, status=503, form=form)
    return note_response(request, Note(outcome.value), status=STATUS_OF[outcome], form=form)
