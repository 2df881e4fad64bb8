"""When a destination gets one digest instead of many alerts."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Count, Q

from errorkit.conf import get_config
from errorkit.delivery.channels import get_channel
from errorkit.exceptions import InvalidChannelError
from errorkit.models import Delivery

# More alerts than this within the window are a storm.
MOST = 5
WINDOW = timedelta(minutes=5)

# Channel, user id, address: where a person reads.
Mailbox = tuple[str, str, str]


def mailbox_of(delivery: Delivery) -> Mailbox:
    """Return where the delivery is read."""
    return delivery.channel, delivery.recipient_id, delivery.address


def conditions_of(mailbox: Mailbox) -> dict[str, str]:
    """Return what finds the deliveries of a mailbox."""
    return dict(zip(("channel", "recipient_id", "address"), mailbox, strict=True))


def lately(now: datetime) -> Q:
    """Return what finds the rows of the window; it has a far end, too, so that a clock that was set back makes no storm of hours."""
    return Q(created_at__gt=now - WINDOW, created_at__lt=now + WINDOW)


class Storms:
    """How many alerts each mailbox has been owed lately, and those that this round adds."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def hold(self, deliveries: Iterable[Delivery], *, together: bool = False) -> None:
        """Mark what shall wait for a digest; `together`: what comes at once to one mailbox leaves in one.

        What is to come after a delay waits for that as well, in the same way: a storm reaches a person's second way, too.
        """
        by_mailbox: dict[Mailbox, list[Delivery]] = defaultdict(list)
        for delivery in deliveries:
            if _reads_digests(delivery.channel):
                by_mailbox[mailbox_of(delivery)].append(delivery)
        for mailbox, mine in by_mailbox.items():
            room = max(0, MOST - self.recent[mailbox])
            at_once = 0 if together and len(mine) > 1 else room
            for delivery in mine[at_once:]:
                delivery.status = Delivery.Status.HELD
            self.recent[mailbox] += len(mine)

    def rages(self, mailbox: Mailbox) -> bool:
        """Return whether the mailbox has had more alerts than it can bear."""
        return self.recent[mailbox] > MOST

    @cached_property
    def recent(self) -> Counter[Mailbox]:
        """Alerts owed within the window, by mailbox."""
        rows = (
            Delivery.objects.using(get_config().database)
            .filter(lately(self.now), purpose=Delivery.Purpose.ALERT)
            .values_list("channel", "recipient_id", "address")
            .annotate(Count("pk"))
            .order_by()
        )
        return Counter({(row[0], row[1], row[2]): row[3] for row in rows})


def _reads_digests(alias: str) -> bool:
    try:
        return get_channel(alias).reads_notices
    except InvalidChannelError:
        return True
