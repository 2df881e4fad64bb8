"""Nothing secret of the settings is written into a row or a log, whatever a server says."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import serializers
from django.utils import timezone

from errorkit.delivery import outbox
from errorkit.delivery.channels import known_secrets
from errorkit.delivery.texts import clean, secrets_in
from errorkit.models import ChannelState, Delivery, DeliveryAttempt
from tests.delivery.channels.targets import ROUTING_KEY, SECRET, TOKEN
from tests.delivery.factories import make_change
from tests.servers import free_port
from tests.servers.receiver import Receiver, Reply
from tests.servers.sentry import KEY

pytestmark = pytest.mark.django_db
CHANNELS = "errorkit.delivery.channels"
PASSWORD = "pa55word-of-the-hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


def channels(url: str) -> dict[str, Any]:
    place = url.removeprefix("http://")
    return {
        "sentry": (f"{CHANNELS}.sentry.SentryChannel", {"DSN": f"http://{KEY}@{place}/42"}),
        "hook": (
            f"{CHANNELS}.webhook.WebhookChannel",
            {
                "URL": f"http://user:{PASSWORD}@{place}/in/{PASSWORD}",
                "SECRET": SECRET,
                "HEADERS": {"X-Token": PASSWORD},
            },
        ),
        "pager": (
            f"{CHANNELS}.pagerduty.PagerDutyChannel",
            {"ROUTING_KEY": ROUTING_KEY, "URL": f"{url}/v2"},
        ),
        "chat": (
            f"{CHANNELS}.slack.SlackChannel",
            {"TOKEN": TOKEN, "CHANNEL": "C1", "API": url},
        ),
    }


def deliver_to_all(settings: Any, url: str) -> None:
    entries = channels(url)
    settings.ERRORKIT = {
        "CHANNELS": {
            alias: {"BACKEND": backend, "OPTIONS": options}
            for alias, (backend, options) in entries.items()
        }
    }
    change = make_change()
    outbox.owe_forwards([change], timezone.now())
    outbox.owe(
        [
            outbox.make_delivery(
                Delivery.Purpose.ALERT,
                alias,
                key=f"alert:{alias}",
                now=timezone.now(),
                incident=change.incident,
                occurrence=change.full[0],
                transition="opened",
            )
            for alias in ("pager", "chat")
        ]
    )
    outbox.send_due()


def written() -> str:
    rows = [*Delivery.objects.all(), *DeliveryAttempt.objects.all(), *ChannelState.objects.all()]
    return serializers.serialize("json", rows)


@pytest.mark.parametrize(
    ("url", "told", "kept"),
    [
        ("https://hooks.example/in/abcdefgh?v=1", "POST /in/abcdefgh", "POST"),
        ("https://x.example/in?token=abcdefgh&v=1", "no abcdefgh v=1", "no  v=1"),
        ("https://x.example/services/T0/" + "k" * 24, "k" * 24, ""),
        ("https://ada:pw@x.example/in", "Basic YWRhOnB3 pw", "Basic"),
        ("https://ada:p%40@x.example/", "p@ p%40", ""),
        ("https://x.example/hook/v1", "no hook v1", "no hook v1"),
        ("http://[::1", "http://[::1", ""),
    ],
)
def test_parts_of_a_url_are_masked_when_they_may_be_keys(url: str, told: str, kept: str) -> None:
    said = clean(told, secrets_in(url))

    assert said.replace("[secret]", "").replace("/", "").strip() == kept.replace("/", "")


def test_keys_are_known_in_the_way_they_are_sent(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"ada:{PASSWORD}@proxy.example:3128")
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Env": "live"}
    options = {"URL": "https://x.example/", "SECRET": SECRET, "HEADERS": headers}
    backend = f"{CHANNELS}.webhook.WebhookChannel"
    settings.ERRORKIT = {"CHANNELS": {"hook": {"BACKEND": backend, "OPTIONS": options}}}

    known = known_secrets()

    assert {TOKEN, SECRET, SECRET.removeprefix("whsec_"), PASSWORD} <= known
    assert b64encode(f"ada:{PASSWORD}".encode()).decode() in known
    assert "live" not in known


@pytest.mark.parametrize("status", [200, 302, 400, 403, 413, 429, 500])
def test_no_secret_is_written_when_servers_echo_all_they_were_sent(
    settings: Any, receiver: Receiver, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    secrets = [KEY, SECRET, TOKEN, ROUTING_KEY, PASSWORD]
    echo = Reply(
        status=status,
        body=json.dumps({"ok": False, "error": " ".join(secrets)}).encode(),
        headers={"X-Sentry-Error": " ".join(secrets), "Location": f"http://x.example/{PASSWORD}"},
    )
    receiver.plan = [echo] * 20

    deliver_to_all(settings, receiver.url)

    # What is too large is tried again in the same round, with less in it.
    assert len(receiver.received) == DeliveryAttempt.objects.count() >= 4
    for secret in secrets:
        assert secret not in written()
        assert secret not in caplog.text


def test_no_secret_is_written_when_nobody_listens(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    deliver_to_all(settings, f"http://127.0.0.1:{free_port()}")

    assert DeliveryAttempt.objects.count() == 4
    for secret in (KEY, SECRET, TOKEN, ROUTING_KEY, PASSWORD):
        assert secret not in written()
        assert secret not in caplog.text
