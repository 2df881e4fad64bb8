"""Will an alert find somebody? What the rows of schedules, policies and contact methods say; only for `check --database`."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage
from django.db import DatabaseError
from django.urls import NoReverseMatch, reverse

from errorkit.checks.delivery import nobody_to_tell
from errorkit.conf import get_config
from errorkit.delivery.channels import aliases
from errorkit.models import ContactMethod, EscalationPolicy, EscalationStep, Schedule
from errorkit.oncall.walltime import is_zone

LISTED = 5


def check_oncall(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """W401 to W405: something that the admin would let stand keeps alerts from arriving as they should."""
    alias = get_config().database
    if alias not in (databases or ()):
        return []
    try:
        return list(_look(alias))
    except DatabaseError:
        # Before the first migration there is nothing to say about rows.
        return []


def _look(alias: str) -> Iterator[CheckMessage]:
    yield from _zones(Schedule.objects.using(alias).values_list("name", "zone"))
    unverified = ContactMethod.objects.using(alias).filter(enabled=True, verified_at=None)
    yield from _contacts(list(unverified))
    yield from _channels(
        EscalationStep.objects.using(alias)
        .filter(target=EscalationStep.Target.CHANNEL)
        .values_list("policy__name", "target_id")
    )
    if EscalationPolicy.objects.using(alias).filter(routes__enabled=True).exists():
        yield from _links()
        yield from _fallback()


def _zones(schedules: Iterable[tuple[str, str]]) -> Iterator[CheckMessage]:
    """W401: a zone that this machine does not know."""
    for name, zone in schedules:
        if not is_zone(zone):
            yield checks.Warning(
                f"The schedule {name!r} is in the time zone {zone!r}, which this machine does not know: UTC counts.",
                hint="Choose another zone in the admin, or install the tzdata package.",
                id="errorkit.W401",
            )


def _contacts(unverified: Sequence[ContactMethod]) -> Iterator[CheckMessage]:
    """W402: ways that no alert takes."""
    if unverified:
        named = ", ".join(str(method) for method in unverified[:LISTED])
        more = " and others" if len(unverified) > LISTED else ""
        yield checks.Warning(
            f"No alert goes to contact methods that are not verified: {named}{more}.",
            hint="Open each one in the admin, press “Send a code”, and type in what arrives; or switch it off.",
            id="errorkit.W402",
        )


def _links() -> Iterator[CheckMessage]:
    """W403: alerts that cannot be acknowledged from the message."""
    lacking = [] if get_config().base_url else ["set ERRORKIT['BASE_URL']"]
    try:
        reverse("errorkit:acknowledge", args=["token"])
    except NoReverseMatch:
        lacking.append('add path("errorkit/", include("errorkit.urls")) to the URLconf')
    if lacking:
        yield checks.Warning(
            "Alerts carry no link to acknowledge them, so each one goes through all its steps.",
            hint=f"To have the link, {' and '.join(lacking)}.",
            id="errorkit.W403",
        )


def _fallback() -> Iterator[CheckMessage]:
    """W404: nobody behind the last step."""
    if nobody_to_tell():
        yield checks.Warning(
            "When nobody is on call, or can be reached, nobody is told: neither ONCALL_FALLBACK nor ADMINS has an address.",
            hint='Write ERRORKIT = {"ONCALL_FALLBACK": ["oncall@example.com"]}.',
            id="errorkit.W404",
        )


def _channels(steps: Iterable[tuple[str, str]]) -> Iterator[CheckMessage]:
    """W405: a step whose channel is gone from the settings."""
    known = aliases()
    for policy, alias in steps:
        if alias not in known:
            yield checks.Warning(
                f"A step of the policy {policy!r} alerts the channel {alias!r}, which ERRORKIT['CHANNELS'] lacks: "
                "the fallback is told instead.",
                hint=f"Choose one of {', '.join(known)} in the admin, or configure it.",
                id="errorkit.W405",
            )
