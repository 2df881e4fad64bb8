"""Is everything there that a delivery needs: channels, somebody to tell, links?"""

import difflib
from typing import Any
from urllib.parse import urlsplit

from django.core import checks
from django.core.checks import CheckMessage

from errorkit.conf import get_config
from errorkit.delivery.channels import ONCALL, aliases, get_channel
from errorkit.delivery.channels.base import LONGEST_TRY
from errorkit.delivery.channels.email import EmailChannel
from errorkit.delivery.texts import describe
from errorkit.exceptions import InvalidChannelError


def check_channels(**_: Any) -> list[CheckMessage]:
    """E101: a channel cannot be built. E102: a route leads nowhere. Each channel adds what it finds itself."""
    found = [message for alias in aliases() for message in _check_channel(alias)]
    named = {alias for route in get_config().routes for alias in route.channels}
    return found + [message for alias in sorted(named) for message in _check_routed(alias)]


def check_recipients(**_: Any) -> list[CheckMessage]:
    """W102: nobody is told when an incident opens."""
    if not nobody_to_tell():
        return []
    return [
        checks.Warning(
            "Nobody is told when an incident opens: neither ONCALL_FALLBACK nor ADMINS has an address.",
            hint='Write ERRORKIT = {"ONCALL_FALLBACK": ["oncall@example.com"]}.',
            id="errorkit.W102",
        )
    ]


def nobody_to_tell() -> bool:
    """Return whether the reserved channel has no address to send to."""
    try:
        channel = get_channel(ONCALL)
    except InvalidChannelError:
        return False
    return isinstance(channel, EmailChannel) and not channel.recipients()


def check_links(**_: Any) -> list[CheckMessage]:
    """W103: messages carry no link. E103: BASE_URL is no absolute URL."""
    base = get_config().base_url
    if base is None:
        return [
            checks.Warning(
                "Messages carry no link to their incident, because ERRORKIT['BASE_URL'] is not set.",
                hint='Write ERRORKIT = {"BASE_URL": "https://www.example.com"}.',
                id="errorkit.W103",
            )
        ]
    parts = urlsplit(base)
    if parts.scheme in {"http", "https"} and parts.hostname:
        return []
    return [
        checks.Error(
            f"ERRORKIT['BASE_URL'] is {base!r}, which is no absolute URL.",
            hint='Write it as "https://www.example.com".',
            id="errorkit.E103",
        )
    ]


def check_lease(**_: Any) -> list[CheckMessage]:
    """W104: a try may take longer than its claim lasts, so that another worker sends it as well."""
    shortest = 2 * LONGEST_TRY
    if get_config().lease_seconds >= shortest:
        return []
    return [
        checks.Warning(
            f"ERRORKIT['LEASE_SECONDS'] is less than {shortest:g}: what takes long is sent twice.",
            hint="Leave it out, the default is 60.",
            id="errorkit.W104",
        )
    ]


def _check_routed(alias: str) -> list[CheckMessage]:
    if alias not in aliases():
        text = f"ERRORKIT['ROUTES'] leads to {alias!r}, which ERRORKIT['CHANNELS'] lacks."
        near = difflib.get_close_matches(alias, aliases(), n=1, cutoff=0.0)
        return [checks.Error(text, hint=f"Did you mean {near[0]!r}?", id="errorkit.E102")]
    try:
        forwards = get_channel(alias).forwards
    except InvalidChannelError:
        return []
    if forwards:
        return []
    return [
        checks.Error(
            f"ERRORKIT['ROUTES'] leads to {alias!r}, which takes no forwards.",
            hint="Take it out: alerts are routed in the admin, to escalation policies.",
            id="errorkit.E102",
        )
    ]


def _check_channel(alias: str) -> list[CheckMessage]:
    try:
        channel = get_channel(alias)
    except InvalidChannelError as error:
        return [_unusable(f"{error}")]
    try:
        return channel.check()
    except Exception as error:  # noqa: BLE001 - a check must not end the command that has asked for it
        reason = describe(error, channel.secrets)
        return [_unusable(f"ERRORKIT['CHANNELS'][{alias!r}]: {reason}")]


def _unusable(reason: str) -> CheckMessage:
    return checks.Error(
        f"A channel cannot be used: {reason}.",
        hint="Check BACKEND and OPTIONS of that entry.",
        id="errorkit.E101",
    )
