"""The plain mail that goes out while the database is unreachable: it needs none of what is down."""

import logging
import socket
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from errorkit.conf import get_config
from errorkit.delivery.channels import ONCALL, get_channel
from errorkit.delivery.channels.email import EmailChannel
from errorkit.delivery.texts import clean

logger = logging.getLogger("errorkit.oncall")


def tell(
    *,
    pending: int,
    since: datetime | None,
    error: str,
    claim: Callable[[], bool],
    give_back: Callable[[], None],
) -> bool:
    """Mail once that reports pile up; True if a mail was accepted. Never raises.

    `claim` says whether it is this host's turn, and remembers that it was: at once, then every 30 minutes. It is asked last, so that a
    turn is not used up where nothing can be sent; where the mail server refused, `give_back` leaves it to the next round.
    """
    if settings.DEBUG and not get_config().deliver_in_debug:
        return False
    try:
        channel = _mailbox()
        if not channel.recipients() or not claim():
            return False
        told = _post(channel, _compose(pending, since, error))
        if not told:
            give_back()
        return told
    except Exception as failure:  # noqa: BLE001  the thread that tells must go on draining
        logger.error("cannot tell of the outage: %s", clean(str(failure)))
        return False


def _post(channel: EmailChannel, mail: tuple[str, str]) -> bool:
    try:
        return channel.post(*mail)
    except Exception as failure:  # noqa: BLE001  a mail backend may raise what it likes, and the turn must not be lost
        logger.error("cannot tell of the outage: %s", clean(str(failure)))
        return False


def _mailbox() -> EmailChannel:
    channel = get_channel(ONCALL)
    return channel if isinstance(channel, EmailChannel) else EmailChannel(ONCALL)


def _compose(pending: int, since: datetime | None, error: str) -> tuple[str, str]:
    host = socket.gethostname()
    subject = _("errorkit on {host} cannot reach its database").format(host=host)
    lines = [
        _("{count} failure reports are waiting in the spool of {host}.").format(
            count=pending, host=host
        )
    ]
    if since is not None:
        lines.append(_("The oldest is from {time}.").format(time=since.isoformat(" ", "seconds")))
    lines += [
        _("They are stored, grouped and alerted about as soon as the database is back."),
        _("You get this mail again in 30 minutes if it is not."),
        "",
        clean(error),
    ]
    return subject, "\n".join(lines) + "\n"
