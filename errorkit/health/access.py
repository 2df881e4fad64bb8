"""Who may see the details: whoever has the token, and staff."""

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

SALT = "errorkit.health"


def health_token() -> str:
    """Return the token that opens the details; it changes with SECRET_KEY, and needs no setting and no database."""
    return salted_hmac(SALT, "details", algorithm="sha256").hexdigest()[:32]


def has_token(request: HttpRequest) -> bool:
    """Return whether the request brings the token, as `Authorization: Bearer ...` or as `?token=...`."""
    scheme, _, bearer = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    given = bearer.strip() if scheme.lower() == "bearer" else request.GET.get("token", "")
    return constant_time_compare(given, health_token())


def is_staff(request: HttpRequest) -> bool:
    """Return whether a staff user is logged in; asks the database, so only where it has just answered."""
    try:
        return bool(request.user.is_active and request.user.is_staff)
    except Exception:  # noqa: BLE001 - no session, no user model, no table: whatever it is, nobody is let in
        return False
