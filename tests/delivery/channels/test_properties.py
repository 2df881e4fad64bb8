"""For any secret and any exception text: the one is told to nobody, the other injects nothing."""

import html
import json
import string
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from django.contrib.auth import get_user_model
from django.core import mail, serializers
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from errorkit.delivery import outbox
from errorkit.delivery.channels import pagerduty, slack
from errorkit.delivery.channels.base import DeliveryContext
from errorkit.delivery.channels.email import EmailChannel
from errorkit.delivery.channels.webhook.payload import make_payload
from errorkit.delivery.messages import compose
from errorkit.delivery.texts import CUT, clean
from errorkit.models import ChannelState, Delivery, DeliveryAttempt
from errorkit.reports.report import Report
from tests.admin.pages import list_url, page_url
from tests.delivery.channels import schemas
from tests.delivery.channels.targets import ROUTING_KEY, SECRET
from tests.delivery.factories import FACTS, make_change, make_report
from tests.servers.receiver import Receiver, Reply

HOOK = "errorkit.delivery.channels.webhook.WebhookChannel"
# As long as what people use; of less, any page holds a part by chance.
secrets = st.text(
    string.ascii_letters + string.digits + "-_.~+/='\"<>&%!$", min_size=12, max_size=60
)
hostile = st.text(max_size=200) | st.sampled_from(
    [
        "x\r\nBcc: eve@evil.example",
        "=?utf-8?q?x=0d=0aBcc:_eve@evil.example?=",
        "<!channel> <https://evil.example|click> @here \u202e",
        "\x00\x1b[31m\u2028\u2029",
    ]
)
CONTEXT = DeliveryContext(
    key="alert:x:1", alias="x", purpose="alert", transition="opened", incident=FACTS
)


@given(secret=secrets, around=st.text(max_size=80))
def test_secret_is_masked_in_whatever_way_a_server_writes_it_back(secret: str, around: str) -> None:
    for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], html.escape(secret)):
        assert form not in clean(f"{around} {form} {around}", [secret])


@given(secret=secrets, size=st.integers(4, 60))
def test_beginning_of_a_secret_is_masked_when_an_excerpt_was_cut_in_it(
    secret: str, size: int
) -> None:
    part = secret[:size]

    assert not clean(f"HTTP 400 {part}{CUT}", [secret]).endswith(part + CUT)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


@pytest.mark.django_db
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    secret=secrets, status=st.sampled_from([200, 302, 400, 429, 503]), before=st.integers(0, 310)
)
def test_no_secret_of_the_settings_is_in_any_row_log_or_page(
    receiver: Receiver,
    caplog: pytest.LogCaptureFixture,
    secret: str,
    status: int,
    before: int,
) -> None:
    caplog.clear()
    Delivery.objects.all().delete()
    ChannelState.objects.all().delete()
    echo = f"{'x' * before} {secret} {json.dumps(secret)} {quote(secret)}"
    receiver.plan = [Reply(status=status, body=echo.encode(), headers={"Location": quote(secret)})]
    options = {
        "URL": f"{receiver.url}/{quote(secret, safe='')}",
        "SECRET": SECRET,
        "HEADERS": {"X-Token": secret},
    }
    with override_settings(ERRORKIT={"CHANNELS": {"hook": {"BACKEND": HOOK, "OPTIONS": options}}}):
        outbox.owe_forwards([make_change()], timezone.now())
        outbox.send_due()
        pages = _pages()
    rows = [*Delivery.objects.all(), *DeliveryAttempt.objects.all(), *ChannelState.objects.all()]
    texts = [*_strings(serializers.serialize("python", rows)), caplog.text, *pages]

    for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], html.escape(secret)):
        assert not any(form in text for text in texts)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, str):
        yield value


def _pages() -> list[str]:
    user, _ = get_user_model().objects.get_or_create(
        username="admin", is_staff=True, is_superuser=True
    )
    client = Client()
    client.force_login(user)
    delivery = Delivery.objects.get()
    urls = [page_url(delivery), page_url(delivery.incident), list_url("delivery")]
    return [client.get(url).content.decode() for url in [*urls, f"{list_url('delivery')}channels/"]]


@given(text=hostile)
@settings(deadline=None)
@example(text="=?utf-8?b?eA0KQmNjOiBlQGUuZQ==?=")
def test_mail_has_its_own_headers_only_whatever_an_exception_says(text: str) -> None:
    mail.outbox.clear()
    channel = EmailChannel("oncall", to=["ada@example.com"])

    channel.send(_report(text), CONTEXT)

    [sent] = mail.outbox
    parsed = message_from_bytes(sent.message().as_bytes(), policy=policy.default)
    assert set(parsed.keys()) <= {
        *("Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID"),
        *("References", "In-Reply-To", "Auto-Submitted", "X-Auto-Response-Suppress"),
    }
    assert len(parsed.keys()) == len(set(parsed.keys()))
    assert parsed["To"] == "ada@example.com"
    assert len(sent.subject.splitlines()) == 1


@given(text=hostile)
def test_bodies_hold_text_only_whatever_an_exception_says(text: str) -> None:
    report = _report(text)
    message = compose(report, CONTEXT)

    event = pagerduty.PagerDutyChannel("pd", routing_key=ROUTING_KEY)._event(report, CONTEXT)
    jsonschema.validate(event, schemas.PAGERDUTY_EVENT)
    blocks = slack._blocks(message, report)
    posted = {"channel": "C1", "text": slack.escape(message.subject), "blocks": blocks}
    jsonschema.validate(posted, schemas.SLACK_MESSAGE)
    assert not set("<>") & set(posted["text"])
    payload = make_payload(report, CONTEXT, whole=True)
    jsonschema.validate(json.loads(json.dumps(payload)), schemas.STANDARD_WEBHOOK)
    assert len(message.subject.splitlines()) == 1


def _report(text: str) -> Report:
    report = make_report(title=f"ValueError: {text}", location=text, server=text, environment=text)
    raised = report.exceptions[0]._replace(message=text)
    return report._replace(exceptions=(raised,), request_id=text)
