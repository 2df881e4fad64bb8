"""Mail over real SMTP: what arrives, and what each refusal means."""

import time
from collections.abc import Iterator
from typing import Any

import django
import pytest
from django.utils import timezone

from errorkit.delivery import outbox
from errorkit.delivery.channels.base import DeliveryContext, Outcome, Result
from errorkit.delivery.channels.email import EmailChannel
from errorkit.models import Delivery
from errorkit.models.transitions import Transition
from errorkit.oncall.alerts import owe_alerts
from tests.delivery.factories import make_change, make_incident, make_report
from tests.servers import free_port
from tests.servers.receiver import mute
from tests.servers.smtp import Mailbox, use_smtp

CONTEXT = DeliveryContext(
    key="alert:oncall:1:1", alias="oncall", purpose="alert", transition="opened"
)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as server:
        yield server


def send(settings: Any, port: int, **options: Any) -> Outcome:
    use_smtp(settings, port)
    channel = EmailChannel("oncall", to=["ada@example.com", "bob@example.com"], **options)
    return channel.send(make_report(), CONTEXT)


def test_text_and_html_arrive_at_everyone_when_the_server_accepts(
    mailbox: Mailbox, settings: Any
) -> None:
    outcome = send(settings, mailbox.port)

    [message] = mailbox.messages
    [envelope] = mailbox.envelopes
    assert outcome.result is Result.ACCEPTED
    assert outcome.upstream_id == message["Message-ID"]
    assert envelope.rcpt_tos == ["ada@example.com", "bob@example.com"]
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    assert text is not None
    assert html is not None
    for body in (text.get_content(), html.get_content()):
        assert make_report().title in body
        assert "shop.views.pay" in body


def test_html_arrives_when_the_site_has_no_usable_template_engine(
    mailbox: Mailbox, settings: Any
) -> None:
    settings.TEMPLATES = []

    send(settings, mailbox.port)

    [message] = mailbox.messages
    html = message.get_body(("html",))
    assert html is not None
    assert "<html" in html.get_content()


def test_message_id_is_the_same_when_the_mail_is_sent_again(
    mailbox: Mailbox, settings: Any
) -> None:
    send(settings, mailbox.port)
    send(settings, mailbox.port)

    first, second = mailbox.messages
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ("451 4.3.0 try later", Result.TEMPORARY),
        ("452 4.2.2 mailbox full", Result.TEMPORARY),
        ("550 5.7.1 refused", Result.PERMANENT),
        ("554 5.6.0 spam", Result.PERMANENT),
    ],
)
def test_outcome_follows_the_code_when_the_server_refuses_the_mail(
    mailbox: Mailbox, settings: Any, answer: str, result: Result
) -> None:
    mailbox.plan = [answer]

    outcome = send(settings, mailbox.port)

    assert outcome.result is result
    assert outcome.status_code == int(answer[:3])


def test_mail_arrives_when_one_recipient_of_two_is_refused(mailbox: Mailbox, settings: Any) -> None:
    mailbox.to_recipients = {"ada@example.com": "550 5.1.1 unknown"}

    assert send(settings, mailbox.port).result is Result.ACCEPTED
    assert mailbox.envelopes[0].rcpt_tos == ["bob@example.com"]


def test_mail_is_tried_again_when_one_refusal_may_pass(mailbox: Mailbox, settings: Any) -> None:
    mailbox.to_recipients = {
        "ada@example.com": "550 5.1.1 unknown",
        "bob@example.com": "451 4.7.1 greylisted",
    }

    assert send(settings, mailbox.port).result is Result.TEMPORARY


def test_mail_is_dead_when_every_recipient_is_refused(mailbox: Mailbox, settings: Any) -> None:
    mailbox.to_recipients = {
        "ada@example.com": "550 5.1.1 unknown",
        "bob@example.com": "553 5.1.3 no such address",
    }

    assert send(settings, mailbox.port).result is Result.PERMANENT


def test_mail_is_tried_again_when_nobody_listens(settings: Any) -> None:
    assert send(settings, free_port()).result is Result.TEMPORARY


def test_mail_is_tried_again_in_time_when_the_server_says_nothing(settings: Any) -> None:
    with mute() as port:
        started = time.monotonic()
        outcome = send(settings, port, timeout=0.3)

    assert outcome.result is Result.TEMPORARY
    assert time.monotonic() - started < 6


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        "x\r\nBcc: eve@example.com\r\n\r\nhello",
        "x\r\n.\r\nMAIL FROM:<eve@example.com>",
        "=?utf-8?q?x=0D=0ABcc:_eve@example.com?=",
        "\u202egnp.exe",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
    ],
)
def test_nothing_is_injected_when_exception_text_is_hostile(
    mailbox: Mailbox, settings: Any, text: str
) -> None:
    settings.ERRORKIT = {"ONCALL_FALLBACK": ["ada@example.com"]}
    use_smtp(settings, mailbox.port)
    change = make_change(
        Transition.OPENED, incident=make_incident(), title=f"ValueError: {text}", location=text
    )
    owe_alerts([change], timezone.now())

    outbox.send_due()

    [message] = mailbox.messages
    [envelope] = mailbox.envelopes
    assert envelope.rcpt_tos == ["ada@example.com"]
    assert message["Bcc"] is None
    assert message["To"] == "ada@example.com"
    html = message.get_body(("html",))
    assert html is not None
    assert "<script" not in html.get_content()
    assert "<img" not in html.get_content()


@pytest.mark.django_db
def test_password_is_masked_when_the_server_quotes_it(mailbox: Mailbox, settings: Any) -> None:
    settings.ERRORKIT = {"ONCALL_FALLBACK": ["ada@example.com"]}
    use_smtp(settings, mailbox.port)
    # Without a user name nothing logs in, but it is the account's password all the same.
    if django.VERSION >= (6, 1):
        settings.MAILERS["default"]["OPTIONS"]["password"] = "pa55word"
    else:
        settings.EMAIL_HOST_PASSWORD = "pa55word"
    mailbox.plan = ["550 5.7.1 not with pa55word"]
    owe_alerts([make_change()], timezone.now())

    outbox.send_due()

    error = Delivery.objects.get().last_error
    assert "550" in error
    assert "pa55word" not in error
