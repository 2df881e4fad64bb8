"""Short pages in the look of the error page: what became of a message."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from errorkit.responses.answer import dress
from errorkit.responses.language import language_of, speaking
from errorkit.responses.pages import render_note


class Note(StrEnum):
    """What there is to say."""

    ASK = "ask"
    SAVED = "saved"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    ENOUGH = "enough"
    EXPIRED = "expired"
    FAILED = "failed"


TEXTS = {
    Note.ASK: (
        _("Tell us what happened"),
        _("Your message helps us to find the cause."),
    ),
    Note.SAVED: (_("Thank you"), _("Your message has been saved together with the reference.")),
    Note.EMPTY: (_("Your message is empty"), _("Please write a few words before you send it.")),
    Note.TOO_LONG: (_("Your message is too long"), _("Please shorten it to 2000 characters.")),
    Note.ENOUGH: (
        _("Thank you, we know about it"),
        _("Many people have already written to us about this, so your message was not saved."),
    ),
    Note.EXPIRED: (
        _("This form has expired"),
        _("It can be used for one day. Please contact us in another way."),
    ),
    Note.FAILED: (
        _("Sorry, your message could not be saved"),
        _("Your text is still below. Please try again later."),
    ),
}
# Where the form is shown again, with what was typed.
WITH_FORM = {Note.ASK, Note.EMPTY, Note.TOO_LONG, Note.FAILED}


def note_response(
    request: HttpRequest,
    note: Note,
    *,
    status: int = 200,
    form: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return the page in the language of the request."""
    with speaking(language_of(request)):
        heading, lead = (gettext(text) for text in TEXTS[note])
        extra: dict[str, Any] = {
            "form": form if note in WITH_FORM else None,
            "reference": form["reference"] if form else "",
        }
        page, language = render_note(request, heading=heading, lead=lead, extra=extra)
    response = HttpResponse(page.body, status=status)
    dress(response, language=language, policy=page.policy)
    return response
