"""What an error answer says to people: plain, calm, true. English here, other languages in locale/."""

from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Any, NamedTuple

from django.core.signals import setting_changed
from django.utils.translation import (
    get_language,
    get_language_info,
    gettext,
    ngettext,
    pgettext,
)

from errorkit.responses.sentences import FORM_EXPIRED, PLAIN
from errorkit.responses.statuses import WORTH_A_TRY, phrase_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Translated texts of one answer; empty where there is nothing to say."""

    language: str
    title: str
    heading: str
    lead: str
    recorded: str = ""
    advice: str = ""
    # Not to be read but to be compared: which kind of problem it is (RFC 9457 section 3.1.1).
    type: str = "about:blank"

    @property
    def detail(self) -> str:
        """Return the texts as one paragraph, as a JSON client shows it."""
        return " ".join(text for text in (self.lead, self.recorded, self.advice) if text)


class Situation(NamedTuple):
    """What decides about the words. `durable` is None where nothing had to be recorded; `retry_after` is in seconds."""

    status: int
    durable: bool | None
    safe_method: bool
    retry_after: int | None = None
    form_expired: bool = False


def words_for(situation: Situation) -> Words:
    """Return the words in the language that is active now."""
    return _words(situation, get_language())


@lru_cache(maxsize=512)
def _words(situation: Situation, _language: str | None) -> Words:
    status = situation.status
    heading, lead = FORM_EXPIRED if situation.form_expired else _plain(status)
    return Words(
        language=spoken_language(),
        title=gettext(phrase_of(status)),
        heading=gettext(heading),
        lead=gettext(lead),
        recorded=_recorded(situation.durable),
        advice=_advice(situation),
    )


def validation_words() -> str:
    """Return what to do where single values were not accepted."""
    return gettext(PLAIN[422][1])


def _plain(status: int) -> tuple[str, str]:
    return PLAIN.get(status) or PLAIN[500 if status >= 500 else 400]


def _recorded(durable: bool | None) -> str:  # noqa: FBT001 - three states of one fact
    if durable is None:
        return ""
    if durable:
        return gettext(
            "The problem has been recorded. If you contact us, please quote the reference."
        )
    return gettext("The problem could not be recorded. If it happens again, please tell us.")


def _advice(situation: Situation) -> str:
    if situation.retry_after is not None:
        return _wait(situation.retry_after)
    if situation.status not in WORTH_A_TRY:
        return ""
    if not situation.safe_method:
        return gettext("Before you try again, check whether your last step was saved.")
    return gettext("Please try again in a few minutes.")


def _wait(seconds: int) -> str:
    if seconds < 60:
        return ngettext(
            "Please try again in %(count)d second.",
            "Please try again in %(count)d seconds.",
            seconds,
        ) % {"count": seconds}
    minutes = ceil(seconds / 60)
    if minutes < 120:
        return ngettext(
            "Please try again in %(count)d minute.",
            "Please try again in %(count)d minutes.",
            minutes,
        ) % {"count": minutes}
    hours = ceil(minutes / 60)
    return ngettext(
        "Please try again in %(count)d hour.", "Please try again in %(count)d hours.", hours
    ) % {"count": hours}


def labels() -> dict[str, str]:
    """Return the small texts of the page."""
    return {
        "reference": gettext("Reference"),
        "request_id": gettext("Request ID"),
        "time": gettext("Time"),
        "try_again": gettext("Try again"),
        "home": gettext("Go to the start page"),
        "contact": gettext("Contact us"),
        "status": gettext("Current status of the service"),
        "tell": gettext("Tell us what happened"),
        "message": gettext("What did you want to do?"),
        "email": gettext("Your email address (not required)"),
        "no_secrets": gettext("Please do not write passwords or card numbers."),
        "send": gettext("Send"),
    }


def spoken_language() -> str:
    """Return the language that texts come in now.

    Django falls back to LANGUAGE_CODE where a catalogue is missing, so the catalogue itself has to say it.
    """
    return pgettext("language code of this catalogue", "en")


def is_right_to_left(language: str) -> bool:
    """Return whether the language is written from right to left."""
    try:
        return bool(get_language_info(language)["bidi"])
    except KeyError:
        return False


def _forget(**_: Any) -> None:
    _words.cache_clear()


setting_changed.connect(_forget, dispatch_uid="errorkit.responses.words")
