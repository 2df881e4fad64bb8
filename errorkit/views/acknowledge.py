"""The page behind the link in an alert. Programs that read mail open links, so only POST acts."""

import logging

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from errorkit.incidents.links import Answer, Found, act, look
from errorkit.oncall.walltime import as_instant
from errorkit.responses.answer import dress
from errorkit.responses.language import language_of, speaking
from errorkit.responses.pages import render_note

logger = logging.getLogger("errorkit.oncall")

TEMPLATE = "errorkit/acknowledge.html"
MOST_BYTES = 10_000
LISTED = 10


# The token is the capability: no cookie is read, so there is no session that a foreign page could borrow.
@csrf_exempt
@transaction.non_atomic_requests
def acknowledge(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the link is about (GET, HEAD: nothing is written), or acknowledge (POST)."""
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD, POST"})
    try:
        found = _post(request, token) if request.method == "POST" else look(token)
    except Exception:
        # Most likely the database, which may be what the alert is about.
        logger.exception("An incident could not be acknowledged.")
        return _page(request, None, status=503)
    return _page(request, found, status=400 if found.answer is Answer.EXPIRED else 200)


def _post(request: HttpRequest, token: str) -> Found:
    try:
        small = int(request.META.get("CONTENT_LENGTH") or 0) <= MOST_BYTES
    except ValueError:
        small = False
    return act(token, name=request.POST.get("name", "") if small else "")


def _page(request: HttpRequest, found: Found | None, *, status: int) -> HttpResponse:
    with speaking(language_of(request)):
        heading, lead = _words(found)
        asking = found is not None and found.answer is Answer.ASK
        extra = {
            "about": found.about[:LISTED] if found else (),
            "more": max(0, len(found.about) - LISTED) if found else 0,
            "asking": asking,
            "ask_name": asking and found is not None and not found.named,
            "acknowledge": _("Acknowledge: I am on it"),
            "name": _("Your name"),
            "form": None,
        }
        page, language = render_note(
            request, heading=heading, lead=lead, extra=extra, name=TEMPLATE
        )
    response = HttpResponse(page.body, status=status)
    dress(response, language=language, policy=page.policy)
    # The address is the capability: it stays out of the next site's logs.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _words(found: Found | None) -> tuple[str, str]:
    """Return heading and text."""
    if found is None:
        return _("Sorry, that did not work"), _("Please try again in a moment.")
    who = found.who or _("somebody")
    at = timezone.localtime(as_instant(found.at)).strftime("%Y-%m-%d %H:%M %Z") if found.at else ""
    match found.answer:
        case Answer.ASK:
            return _("Are you on it?"), _("Once you say so, nobody else is alerted.")
        case Answer.DONE:
            return _("You are on it"), _("Acknowledged by {who}.").format(who=who)
        case Answer.ALREADY:
            text = _("Acknowledged by {who} at {time}.").format(who=who, time=at)
            return _("Somebody is on it already"), text
        case Answer.OVER:
            text = _("{who} has dealt with it at {time}.").format(who=who, time=at)
            return _("There is nothing to do"), text
        case Answer.REOPENED:
            text = _("It has been opened again since this message: look for a newer one.")
            return _("This link is about an earlier time"), text
        case _:
            text = _("A link to acknowledge can be used for three days. Log in instead.")
            return _("This link cannot be used"), text
