"""Each channel that speaks HTTP, built for a local server, and what that server says when it accepts."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from errorkit.delivery.channels.base import Channel
from errorkit.delivery.channels.pagerduty import PagerDutyChannel
from errorkit.delivery.channels.sentry import SentryChannel
from errorkit.delivery.channels.slack import SlackChannel
from errorkit.delivery.channels.webhook import WebhookChannel
from tests.servers.receiver import Reply
from tests.servers.sentry import KEY, PROJECT

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TOKEN = "xoxb-1-secret"
ROUTING_KEY = "R" * 32


@dataclass(frozen=True, kw_only=True)
class Target:
    make: Callable[[str], Channel]
    accepts: Reply


TARGETS = {
    "webhook": Target(
        make=lambda url: WebhookChannel("hook", url=f"{url}/in/s3cret", secret=SECRET),
        accepts=Reply(status=204),
    ),
    "pagerduty": Target(
        make=lambda url: PagerDutyChannel("pd", routing_key=ROUTING_KEY, url=f"{url}/v2/enqueue"),
        accepts=Reply(
            status=202, body=json.dumps({"status": "success", "dedup_key": "k"}).encode()
        ),
    ),
    "slack bot": Target(
        make=lambda url: SlackChannel("slack", token=TOKEN, channel="C1", api=f"{url}/api"),
        accepts=Reply(body=json.dumps({"ok": True, "channel": "C1", "ts": "1.2"}).encode()),
    ),
    "slack webhook": Target(
        make=lambda url: SlackChannel("slack", webhook_url=f"{url}/services/T/B/s3cret"),
        accepts=Reply(body=b"ok"),
    ),
    "sentry": Target(
        make=lambda url: SentryChannel(
            "sentry", dsn=url.replace("http://", f"http://{KEY}@") + f"/{PROJECT}"
        ),
        accepts=Reply(body=json.dumps({"id": "a" * 32}).encode()),
    ),
}
