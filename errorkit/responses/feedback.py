"""The feedback form's way in: where it posts to, and the token that says what it is about."""

from functools import lru_cache
from uuid import UUID

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.urls import (
    NoReverseMatch,
    URLResolver,
    get_resolver,
    get_script_prefix,
    get_urlconf,
    reverse,
)
from django.utils.translation import get_language

SALT = "errorkit.feedback"
SECONDS = 24 * 60 * 60


def feedback_url_for(request: HttpRequest) -> str:
    """Return where the form posts to, empty where the site does not include our URLs; never raises."""
    try:
        urlconf = getattr(request, "urlconf", None) or get_urlconf()
        # Django makes another resolver where the URLconf has changed.
        return _reversed(get_resolver(urlconf), urlconf, get_script_prefix(), get_language())
    except Exception:  # noqa: BLE001 - the URLconf itself is what is broken
        return ""


@lru_cache(maxsize=64)
def _reversed(
    _resolver: URLResolver, urlconf: str | None, _prefix: str, _language: str | None
) -> str:
    """Remember the address, or that there is none, which Django tells by an exception; raises what the URLconf raises."""
    try:
        return reverse("errorkit:feedback", urlconf=urlconf)
    except NoReverseMatch:
        return ""


def make_token(occurrence_id: UUID) -> str:
    """Return a token for one occurrence, good for SECONDS; it opens nothing but the form."""
    return TimestampSigner(salt=SALT).sign(occurrence_id.hex)


def read_token(token: str) -> UUID | None:
    """Return the occurrence that the token is for, None if it is forged, malformed or too old."""
    if len(token) > 200:
        return None
    try:
        return UUID(TimestampSigner(salt=SALT).unsign(token, max_age=SECONDS))
    except (BadSignature, ValueError):
        return None
