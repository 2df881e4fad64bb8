"""Slack and PagerDuty: bodies as their documentation has them, threads and follow-ups."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from django.utils import timezone

from errorkit.delivery import outbox
from errorkit.delivery.channels.base import DeliveryContext, Notice
from errorkit.delivery.channels.pagerduty import PagerDutyChannel
from errorkit.delivery.channels.slack import SlackChannel
from errorkit.incidents.triage import Actor, acknowledge, reopen, resolve
from errorkit.models import Delivery, Incident
from errorkit.oncall.alerts import owe_alerts
from tests.delivery.channels import schemas
from tests.delivery.channels.targets import ROUTING_KEY, TARGETS, TOKEN
from tests.delivery.factories import make_change, make_incident, make_report
from tests.servers.receiver import Received, Receiver, Reply

pytestmark = pytest.mark.django_db
ADA = Actor(user_id="1", label="Ada")
HOSTILE = "<!channel> <https://evil.example|click> *bold* :bomb: @here & <script>\r\n\x1b"


class Accepting(Receiver):
    """Says yes as the service named does."""

    reply: Reply

    def default(self, request: Received) -> Reply:
        return self.reply

    def bodies(self, path: str = "") -> list[Any]:
        return [json.loads(each.body) for each in self.received if path in each.path]


@pytest.fixture
def receiver() -> Iterator[Accepting]:
    with Accepting() as server:
        yield server


@pytest.fixture
def pagerduty(receiver: Accepting, settings: Any) -> Accepting:
    receiver.reply = TARGETS["pagerduty"].accepts
    options = {"ROUTING_KEY": ROUTING_KEY, "URL": f"{receiver.url}/v2/enqueue"}
    backend = f"{PagerDutyChannel.__module__}.PagerDutyChannel"
    _configure(settings, {"BACKEND": backend, "OPTIONS": options})
    return receiver


@pytest.fixture
def slack(receiver: Accepting, settings: Any) -> Accepting:
    receiver.reply = TARGETS["slack bot"].accepts
    options = {"TOKEN": TOKEN, "CHANNEL": "C1", "API": receiver.url}
    backend = f"{SlackChannel.__module__}.SlackChannel"
    _configure(settings, {"BACKEND": backend, "OPTIONS": options})
    return receiver


def _configure(settings: Any, entry: dict[str, Any]) -> None:
    settings.ROOT_URLCONF = "tests.oncall.urls"
    settings.ERRORKIT = {
        "CHANNELS": {"oncall": entry},
        "BASE_URL": "https://shop.example",
    }


def open_incident(**values: Any) -> Incident:
    change = make_change(incident=make_incident(**values), title=f"ValueError: {HOSTILE}")
    owe_alerts([change], timezone.now())
    outbox.send_due()
    return change.incident


def test_pagerduty_alert_is_opened_acknowledged_and_resolved_when_people_act(
    pagerduty: Accepting,
) -> None:
    incident = open_incident()
    acknowledge([incident.pk], actor=ADA)
    outbox.send_due()
    resolve([incident.pk], actor=ADA)
    outbox.send_due()

    bodies = pagerduty.bodies()
    assert [body["event_action"] for body in bodies] == ["trigger", "acknowledge", "resolve"]
    assert len({body["dedup_key"] for body in bodies}) == 1
    for body in bodies:
        jsonschema.validate(body, schemas.PAGERDUTY_EVENT)
    assert set(Delivery.objects.values_list("status", flat=True)) == {"accepted"}


def test_pagerduty_alert_has_a_new_key_when_the_incident_opens_again(pagerduty: Accepting) -> None:
    incident = open_incident()
    resolve([incident.pk], actor=ADA)
    reopen([incident.pk], actor=ADA)
    incident.refresh_from_db()
    owe_alerts([make_change(incident=incident)], timezone.now())
    outbox.send_due()

    keys = [body["dedup_key"] for body in pagerduty.bodies() if body["event_action"] == "trigger"]
    assert len(set(keys)) == 2


def test_nothing_follows_when_the_alert_never_left(pagerduty: Accepting) -> None:
    incident = make_incident()
    owe_alerts([make_change(incident=incident)], timezone.now())
    acknowledge([incident.pk], actor=ADA)
    outbox.send_due()

    assert pagerduty.received == []
    assert list(Delivery.objects.values_list("status", flat=True)) == ["cancelled"]


def test_slack_follows_in_a_thread_and_changes_the_first_message_when_people_act(
    slack: Accepting,
) -> None:
    incident = open_incident()
    resolve([incident.pk], actor=ADA)
    outbox.send_due()

    first, reply = slack.bodies("chat.postMessage")
    [update] = slack.bodies("chat.update")
    for body in (first, reply):
        jsonschema.validate(body, schemas.SLACK_MESSAGE)
    assert "thread_ts" not in first
    assert reply["thread_ts"] == "1.2"
    assert (update["channel"], update["ts"]) == ("C1", "1.2")
    assert "resolved" in update["text"]
    assert slack.received[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_slack_delivery_leads_to_its_message_when_slack_says_where_it_is(
    slack: Accepting,
) -> None:
    permalink = "https://acme.slack.example/archives/C1/p12"
    said = {"ok": True, "channel": "C1", "ts": "1.2", "permalink": permalink}
    slack.reply = Reply(body=json.dumps(said).encode())

    open_incident()

    assert Delivery.objects.get().upstream_url == permalink
    asked = slack.received[-1]
    assert asked.path == "/chat.getPermalink"
    assert asked.body == b"channel=C1&message_ts=1.2"


@pytest.mark.parametrize(
    "permalink", ["javascript:alert(1)", f"https://x.example/?token={TOKEN}", "x" * 600, None]
)
def test_slack_delivery_leads_nowhere_when_the_link_is_no_good(
    slack: Accepting, permalink: str | None
) -> None:
    said = {"ok": True, "channel": "C1", "ts": "1.2", "permalink": permalink}
    slack.reply = Reply(body=json.dumps(said).encode())

    open_incident()

    assert Delivery.objects.get().upstream_url == ""
    assert Delivery.objects.get().status == "accepted"


def test_slack_text_holds_no_mention_and_no_link_when_exception_text_is_hostile(
    slack: Accepting,
) -> None:
    open_incident()

    [body] = slack.bodies("chat.postMessage")
    assert "<" not in body["text"]
    assert ">" not in body["text"]
    texts = json.dumps(body["blocks"])
    assert '"mrkdwn"' not in texts, "plain text renders neither"
    assert body["unfurl_links"] is False


@pytest.mark.parametrize(
    ("error", "result"),
    [
        ("invalid_auth", "permanent"),
        ("channel_not_found", "permanent"),
        ("internal_error", "temporary"),
        ("ratelimited", "limited"),
    ],
)
def test_outcome_follows_what_slack_says_in_the_body(
    receiver: Accepting, error: str, result: str
) -> None:
    receiver.reply = Reply(body=json.dumps({"ok": False, "error": error}).encode())
    channel = TARGETS["slack bot"].make(receiver.url)
    context = outbox_context()

    assert channel.send(make_report(), context).result == result


def outbox_context() -> Any:
    from errorkit.delivery.channels.base import DeliveryContext

    return DeliveryContext(key="k", alias="slack", purpose="alert", transition="opened")


def test_options_are_refused_when_slack_has_two_ways_or_none() -> None:
    for options in ({}, {"token": "t"}, {"token": "t", "channel": "c", "webhook_url": "https://x"}):
        with pytest.raises(ValueError, match="either"):
            SlackChannel("slack", **options)


def test_check_finds_the_routing_key_when_it_cannot_be_right() -> None:
    [message] = PagerDutyChannel("pd", routing_key="short").check()

    assert message.id == "errorkit.E112"


def test_check_finds_the_url_when_slack_cannot_be_there() -> None:
    [message] = SlackChannel("slack", webhook_url="hooks.example/services/s3cret").check()

    assert message.id == "errorkit.E113"
    assert "s3cret" not in message.msg


def test_slack_message_has_the_button_and_the_words_when_somebody_is_to_acknowledge(
    slack: Accepting,
) -> None:
    link = "https://shop.example/errorkit/ack/token/"
    alert = {"key": "k", "alias": "slack", "acknowledge_url": link}
    channel = SlackChannel("slack", token=TOKEN, channel="C1", api=slack.url)
    channel.send(make_report(), DeliveryContext(purpose="alert", transition="escalated", **alert))
    digest = Notice(subject="3 incidents need attention", kind="digest")
    channel.send(make_report(), DeliveryContext(purpose="notice", notice=digest, **alert))

    for body, words in zip(
        slack.bodies("chat.postMessage"),
        ["still not acknowledged: ", "3 incidents need attention"],
        strict=True,
    ):
        jsonschema.validate(body, schemas.SLACK_MESSAGE)
        assert words in body["text"]
        [buttons] = [block for block in body["blocks"] if block["type"] == "actions"]
        assert [(each["url"], each["text"]["text"]) for each in buttons["elements"]] == [
            (link, "Acknowledge: I am on it")
        ]
