"""In which language to answer: the request's, also where no middleware has activated it yet."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation


def language_of(request: HttpRequest) -> str:
    """Return what LocaleMiddleware chose, else what it would choose; never raises.

    A thread still has the language of its previous request until LocaleMiddleware has run, so the active one is no answer.
    """
    chosen = getattr(request, "LANGUAGE_CODE", None)
    if isinstance(chosen, str) and chosen:
        return chosen
    try:
        return translation.get_language_from_request(request)
    except Exception:  # noqa: BLE001 - the header is hostile text, the settings may be broken
        return str(settings.LANGUAGE_CODE)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Activate the language, or English if its catalogue is broken, and restore the previous one."""
    previous = translation.get_language()
    try:
        translation.activate(language)
    except Exception:  # noqa: BLE001 - a catalogue can fail in as many ways as a file
        translation.deactivate_all()
    try:
        yield
    finally:
        # None where translation was switched off, which the stubs do not know.
        if previous:
            translation.activate(previous)
        else:
            translation.deactivate_all()
