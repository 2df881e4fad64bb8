"""Signed links for people without a login: each opens one thing, for one delivery, for a while."""

from typing import TypedDict

from django.core.signing import BadSignature, TimestampSigner
from django.urls import NoReverseMatch, reverse

from errorkit.conf import get_config
from errorkit.models import Delivery

ACKNOWLEDGE_SALT = "errorkit.acknowledge"
MAX_AGE = 72 * 3600  # seconds


class Claim(TypedDict):
    """What an acknowledge token says: the delivery that carried it, and the opening that it was about."""

    d: int
    g: int


def acknowledge_token(delivery: Delivery) -> str:
    """Return a token that acknowledges this opening of the delivery's incident, or those that a digest bundles, and nothing else."""
    claim: Claim = {"d": delivery.pk, "g": delivery.generation}
    return TimestampSigner(salt=ACKNOWLEDGE_SALT).sign_object(claim)


def read_acknowledge_token(token: str) -> Claim:
    """Return what the token says; raises SignatureExpired after 72 hours and BadSignature for anything else."""
    claim = TimestampSigner(salt=ACKNOWLEDGE_SALT).unsign_object(token, max_age=MAX_AGE)
    if not isinstance(claim, dict) or not {"d", "g"} <= claim.keys():
        raise BadSignature("no acknowledge token")
    return Claim(d=int(claim["d"]), g=int(claim["g"]))


def acknowledge_url(delivery: Delivery) -> str:
    """Return the link to acknowledge, or nothing without BASE_URL, errorkit's URLs or an incident."""
    base = get_config().base_url
    if not base or not (delivery.incident_id or delivery.is_digest):
        return ""
    try:
        path = reverse("errorkit:acknowledge", args=[acknowledge_token(delivery)])
    except NoReverseMatch:
        # A site without errorkit's URLs, or a worker with another URLconf.
        return ""
    return base.rstrip("/") + path
