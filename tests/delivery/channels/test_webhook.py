import base64
import json
from collections.abc import Iterator
from dataclasses import replace

import jsonschema
import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from urllib3.exceptions import HTTPError

from errorkit.delivery.channels.base import DeliveryContext, Notice, Result
from errorkit.delivery.channels.webhook import WebhookChannel
from tests.delivery.channels import schemas
from tests.delivery.channels.targets import SECRET
from tests.delivery.factories import FACTS, make_report
from tests.servers.receiver import Receiver

CONTEXT = DeliveryContext(
    key="forward:hook:1", alias="hook", purpose="forward", transition="opened", light_before=3
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


def test_signature_is_right_when_the_reference_library_verifies_it(receiver: Receiver) -> None:
    report = make_report(title="Grüße")

    WebhookChannel("hook", url=receiver.url, secret=SECRET).send(report, CONTEXT)

    [request] = receiver.received
    body = Webhook(SECRET).verify(request.body, dict(request.headers.items()))
    assert body["type"] == "occurrence.recorded"
    assert body["data"]["v"] == 1
    assert body["data"]["occurrence"]["id"] == str(report.id)
    assert body["data"]["occurrence"]["reference"] == report.reference
    assert body["data"]["light_before"] == 3
    assert "report" not in body["data"], "a summary, unless the settings ask for more"
    other = "whsec_" + base64.b64encode(b"x" * 32).decode()
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(request.body, dict(request.headers.items()))


def test_id_is_the_same_when_it_is_sent_again(receiver: Receiver) -> None:
    channel = WebhookChannel("hook", url=receiver.url, secret=SECRET)
    for _ in range(2):
        channel.send(make_report(), CONTEXT)

    first, second = (request.headers["webhook-id"] for request in receiver.received)
    assert first == second
    assert "." not in first


def test_report_is_left_out_when_it_was_too_large(receiver: Receiver) -> None:
    channel = WebhookChannel("hook", url=receiver.url, secret=SECRET, report=True)
    channel.send(make_report(), CONTEXT)
    trimmed = DeliveryContext(key="k", alias="hook", purpose="forward", trim=1)
    channel.send(make_report(), trimmed)

    whole, less = (json.loads(request.body)["data"] for request in receiver.received)
    assert whole["report"]["exceptions"][0]["frames"]
    assert "report" not in less


def test_own_headers_arrive_when_they_are_configured(receiver: Receiver) -> None:
    headers = {"Authorization": "Bearer abc"}
    channel = WebhookChannel("hook", url=receiver.url, secret=SECRET, headers=headers)

    channel.send(make_report(), CONTEXT)

    assert receiver.received[0].headers["Authorization"] == "Bearer abc"
    assert "Bearer abc" in channel.secrets


@pytest.mark.parametrize("secret", ["", "short", "whsec_", "whsec_" + "A" * 16, "whsec_!!!"])
def test_secret_is_refused_when_it_is_not_24_to_64_bytes(secret: str) -> None:
    with pytest.raises(ValueError, match="SECRET"):
        WebhookChannel("hook", url="https://x.example/", secret=secret)


@pytest.mark.parametrize(
    "options",
    [
        {"url": "hook.example"},
        {"url": "ftp://hook.example/"},
        {"url": "https://hook.example:no/"},
        {"url": "https://hook.example/a b"},
        {"url": "https://hook.example/", "headers": {"X": "a\r\nY: b"}},
    ],
)
def test_check_finds_it_when_an_option_cannot_be_right(options: dict[str, str]) -> None:
    [message] = WebhookChannel("hook", secret=SECRET, **options).check()

    assert message.id == "errorkit.E111"


def test_words_are_those_of_the_alert_when_somebody_is_to_acknowledge(receiver: Receiver) -> None:
    link = "https://shop.example/errorkit/ack/token/"
    alert = {"key": "k", "alias": "hook", "acknowledge_url": link}
    channel = WebhookChannel("hook", url=receiver.url, secret=SECRET)
    channel.send(make_report(), DeliveryContext(purpose="alert", transition="escalated", **alert))
    notice = Notice(subject="You are on call: Web", kind="handoff", facts=(("Next", "Bob"),))
    channel.send(make_report(), DeliveryContext(purpose="notice", notice=notice, **alert))

    alerted, told = (json.loads(request.body) for request in receiver.received)
    assert alerted["type"] == "incident.escalated"
    assert alerted["data"]["acknowledge_url"] == link
    assert told["type"] == "oncall.handoff"
    assert told["data"] == {
        "v": 1,
        "key": "k",
        "subject": "You are on call: Web",
        "facts": [{"label": "Next", "value": "Bob"}],
        "url": "",
        "acknowledge_url": link,
    }


PERSONAL = DeliveryContext(
    key="alert:1", alias="hook", purpose="alert", transition="opened", address=""
)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::1]"])
def test_nothing_is_sent_inside_when_a_person_has_typed_the_url(
    receiver: Receiver, host: str
) -> None:
    channel = WebhookChannel("hook", url=receiver.url, secret=SECRET)
    typed = replace(PERSONAL, address=f"https://{host}:{receiver.port}/x")

    with pytest.raises(HTTPError):
        channel.send(make_report(), typed)

    assert receiver.received == []


@pytest.mark.parametrize("address", ["http://example.com/", "ftp://x", "https://", "ada@x.example"])
def test_delivery_is_dead_when_what_a_person_has_typed_is_no_url(
    receiver: Receiver, address: str
) -> None:
    channel = WebhookChannel("hook", url=receiver.url, secret=SECRET)

    outcome = channel.send(make_report(), replace(PERSONAL, address=address))

    assert outcome.result is Result.PERMANENT
    assert receiver.received == []


@pytest.mark.parametrize(
    "context",
    [
        CONTEXT,
        replace(CONTEXT, purpose="alert", incident=FACTS),
        replace(PERSONAL, transition="acknowledged", incident=FACTS),
        replace(CONTEXT, purpose="test", transition=""),
        replace(
            CONTEXT,
            purpose="notice",
            transition="",
            notice=Notice(subject="s", facts=(("a", "b"),)),
        ),
    ],
    ids=["forward", "alert", "follow-up", "test", "notice"],
)
def test_body_and_headers_are_those_of_the_specification(
    receiver: Receiver, context: DeliveryContext
) -> None:
    WebhookChannel("hook", url=receiver.url, secret=SECRET, report=True).send(
        make_report(title="ValueError: <!channel>\r\nX: y"), context
    )

    [request] = receiver.received
    jsonschema.validate(request.json(), schemas.STANDARD_WEBHOOK)
    headers = {name.lower(): value for name, value in request.headers.items()}
    jsonschema.validate(headers, schemas.STANDARD_WEBHOOK_HEADERS)
