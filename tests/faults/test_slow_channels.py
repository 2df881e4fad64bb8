"""A channel that takes its time, or never answers, does not hold up the others when real workers meet it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.delivery.texts import owe_text
from tests.processes import wait_until
from tests.servers.receiver import Received, Receiver, Reply
from tests.sites import Site

HOOK = "errorkit.delivery.channels.webhook.WebhookChannel"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Slow(Receiver):
    """Answers every request in the same way."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply

    def default(self, request: Received) -> Reply:
        return self.reply


SWEEP = """
import time
import django; django.setup()
from errorkit.delivery.outbox import send_due
print("ready", flush=True)
while True:
    if not send_due():
        time.sleep(0.1)
"""
FIRST, LATER = 40, 10
WAITS = """[
    (try_.ended_at - try_.delivery.created_at).total_seconds()
    for try_ in DeliveryAttempt.objects.filter(delivery__channel="fast").select_related("delivery")
]"""


# Seconds: less than two tries at the slow channel, one after the other, or one at that which is silent.
HELD_UP = 5.5


@pytest.mark.parametrize(
    "reply",
    [Reply(status=204, seconds=3.0), Reply(fault="silent")],
    ids=["is slow", "never answers"],
)
def test_fast_channel_is_not_held_up_when_two_workers_meet_one_that(
    make_site: Callable[..., Site], reply: Reply
) -> None:
    with Slow(reply) as slow, Receiver() as fast:
        site = make_site(settings={"ERRORKIT": {"CHANNELS": hooks(slow=slow.url, fast=fast.url)}})
        site.execute(owe_text(FIRST))
        workers = [site.run("-c", SWEEP, log=f"{number}.log") for number in range(2)]
        known = "ChannelState.objects.filter(alias='slow', last_seconds__gt=1).exists()"
        wait_until(lambda: site.evaluate(known), 60, what="the slow channel is known")
        early = len(fast.received)
        for owed in range(FIRST + 1, FIRST + LATER + 1):
            site.execute(owe_text(1))
            wait_until(lambda owed=owed: len(site.evaluate(WAITS)) >= owed, 60)  # type: ignore[misc]

        waits = site.evaluate(WAITS)[early:]

        assert len(waits) >= LATER
        assert max(waits) < HELD_UP, waits
        assert site.evaluate("Delivery.objects.filter(channel='slow', status='pending').exists()")
        for worker in workers:
            worker.stop()


def hooks(**urls: str) -> dict[str, Any]:
    return {
        alias: {"BACKEND": HOOK, "OPTIONS": {"URL": url, "SECRET": SECRET}}
        for alias, url in urls.items()
    }
