"""One try at one channel: whatever the channel does, an outcome without secrets comes out."""

import logging
from collections.abc import Callable
from dataclasses import replace

from errorkit.delivery.channels import get_channel, known_secrets
from errorkit.delivery.channels.base import Channel, DeliveryContext, Outcome, Result
from errorkit.delivery.states import LONGEST_PARK
from errorkit.delivery.texts import clean, describe
from errorkit.exceptions import InvalidChannelError
from errorkit.reports.report import Report

logger = logging.getLogger("errorkit.delivery")

# A channel that is limited and does not say for how long.
LIMITED_SECONDS = 60.0


def try_once(
    alias: str, make_report: Callable[[], Report], context: DeliveryContext
) -> tuple[Outcome, int]:
    """Return the outcome, and how often the channel can make a message smaller."""
    try:
        channel = get_channel(alias)
    except InvalidChannelError as error:
        # In a rolling deploy another worker may know the channel, so this is not the end.
        return Outcome(result=Result.TEMPORARY, detail=clean(str(error), known_secrets())), 0
    try:
        report = make_report()
    except (ValueError, TypeError, KeyError) as error:
        return Outcome(result=Result.PERMANENT, detail=f"unreadable report: {describe(error)}"), 0
    return _purge(_call(channel, report, context)), channel.max_trim


def _call(channel: Channel, report: Report, context: DeliveryContext) -> Outcome:
    try:
        return channel.send(report, context)
    except Exception as error:  # noqa: BLE001  whatever a channel does, the others go on
        detail = describe(error, known_secrets())
        logger.warning("channel %s failed: %s", context.alias, detail)
        return Outcome(result=Result.TEMPORARY, detail=detail)


def _purge(outcome: Outcome) -> Outcome:
    """Return the outcome without secrets, and with a pause that is said and not too long."""
    unsaid = outcome.result is Result.LIMITED and outcome.park_seconds <= 0
    pause = LIMITED_SECONDS if unsaid else min(outcome.park_seconds, LONGEST_PARK)
    told = outcome.detail or outcome.upstream_id or outcome.upstream_url
    secrets = known_secrets() if told else set()
    return replace(
        outcome,
        detail=clean(outcome.detail, secrets),
        upstream_id=clean(outcome.upstream_id, secrets, length=191),
        upstream_url=link_without(secrets, outcome.upstream_url),
        park_seconds=pause,
    )


def link_without(secrets: set[str], url: str) -> str:
    """Return a link that a browser may be given; nothing if it is none, or carries a secret."""
    fine = url.startswith(("https://", "http://")) and url.isprintable() and len(url) <= 500
    return url if fine and not any(secret in url for secret in secrets) else ""
