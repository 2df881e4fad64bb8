"""What mail and Apprise make of a server that answers badly, late or not at all: the table of `test_faults` where HTTP is not ours."""

import contextlib
import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.core.mail.backends.smtp import EmailBackend

from errorkit.delivery.channels.apprise import AppriseChannel
from errorkit.delivery.channels.base import DeliveryContext, Outcome, Result
from errorkit.delivery.channels.dialogue import cut_after
from errorkit.delivery.channels.email import EmailChannel
from tests.delivery.factories import make_report
from tests.servers import free_port
from tests.servers.receiver import HELLO, Receiver, Reply, black_hole, mute, speaking
from tests.servers.smtp import Mailbox, use_smtp

CONTEXT = DeliveryContext(key="alert:x:1:1", alias="x", purpose="alert", transition="opened")
IN_TIME = 30.0  # seconds; without limits of ours it would be minutes
GREETING = b"220 mail.example ESMTP\r\n"
Place = Callable[[], AbstractContextManager[int]]


def mail_to(settings: Any, port: int, **options: Any) -> Outcome:
    use_smtp(settings, port, **options)
    return EmailChannel("oncall", to=["ada@example.com"], timeout=0.4).send(make_report(), CONTEXT)


def notify(port: int) -> Outcome:
    url = f"json://127.0.0.1:{port}/?cto=0.4&rto=0.4"
    return AppriseChannel("others", urls=[url], timeout=1.5).send(make_report(), CONTEXT)


@contextlib.contextmanager
def refused() -> Iterator[int]:
    yield free_port()


SMTP_FAULTS: dict[str, Place] = {
    "refused": refused,
    "black hole": black_hole,
    "silent": mute,
    "silent after its greeting": lambda: speaking(GREETING),
    "reset": lambda: speaking(GREETING, reset=True),
    "dripping": lambda: speaking(GREETING, b"250-", drip=True),
    "dripping within its greeting": lambda: speaking(b"220-", drip=True),
    "greeting without an end": lambda: speaking(b"", drip=True),
    "dripping after the mail": lambda: speaking(
        GREETING, *[b"250 ok\r\n"] * 3, b"354 go on\r\n", b"25", drip=True
    ),
    "no mail server": lambda: speaking(b"HTTP/1.1 200 OK\r\n\r\n<html>log in</html>\r\n"),
}


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """Have Apprise load its plugins before anything is timed."""
    AppriseChannel("others", urls=["json://127.0.0.1/"]).check()


@pytest.mark.parametrize("fault", SMTP_FAULTS)
def test_mail_is_tried_again_and_in_time_when_the_server_is(settings: Any, fault: str) -> None:
    with SMTP_FAULTS[fault]() as port:
        started = time.monotonic()
        outcome = mail_to(settings, port)

    assert outcome.result is Result.TEMPORARY
    assert time.monotonic() - started < IN_TIME


@pytest.mark.parametrize(
    ("security", "parts"),
    [
        ("use_ssl", [HELLO]),
        ("use_tls", [GREETING, b"250-x\r\n250 STARTTLS\r\n", b"220 go on\r\n", HELLO]),
    ],
)
def test_mail_is_tried_again_and_in_time_when_tls_comes_to_no_end(
    settings: Any, security: str, parts: list[bytes]
) -> None:
    with speaking(*parts, drip=True) as port:
        started = time.monotonic()
        outcome = mail_to(settings, port, **{security: True})

    assert outcome.result is Result.TEMPORARY
    assert time.monotonic() - started < IN_TIME


def test_backend_is_as_it_was_when_the_mail_has_left(settings: Any) -> None:
    with Mailbox() as mailbox:
        use_smtp(settings, mailbox.port)
        channel = EmailChannel("oncall", to=["ada@example.com"])
        backend = channel._connect()
        with cut_after(5, backend):
            assert backend.connection_class is not smtplib.SMTP
            backend.open()
            backend.close()

    assert type(backend) is EmailBackend
    assert backend.connection_class is smtplib.SMTP


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


@pytest.mark.parametrize("status", [302, 400, 401, 404, 408, 410, 413, 429, 500, 503])
def test_apprise_is_tried_again_by_us_alone_when_a_service_answers(
    receiver: Receiver, status: int
) -> None:
    receiver.plan = [Reply(status=status, headers={"Location": f"{receiver.url}/elsewhere"})]

    outcome = notify(receiver.port)

    assert outcome.result is (Result.LIMITED if status == 429 else Result.TEMPORARY)
    assert outcome.status_code == status
    assert len(receiver.received) == 1, "no redirect and no repeat"


def test_apprise_takes_any_200_for_acceptance_when_a_service_answers_with_html(
    receiver: Receiver,
) -> None:
    # What a service says besides is its plugin's business; the one for JSON reads nothing.
    receiver.plan = [Reply(body=b"<html>log in</html>")]

    assert notify(receiver.port).result is Result.ACCEPTED


@pytest.mark.parametrize("fault", ["silent", "reset", "drip", "drip_body"])
def test_apprise_is_tried_again_and_in_time_when_a_service(receiver: Receiver, fault: str) -> None:
    receiver.plan = [Reply(fault=fault)]
    started = time.monotonic()

    outcome = notify(receiver.port)

    assert outcome.result is Result.TEMPORARY
    assert time.monotonic() - started < IN_TIME


@pytest.mark.parametrize("place", [black_hole, mute, refused])
def test_apprise_is_tried_again_and_in_time_when_the_network_is_a(place: Place) -> None:
    with place() as port:
        started = time.monotonic()
        outcome = notify(port)

    assert outcome.result is Result.TEMPORARY
    assert time.monotonic() - started < IN_TIME
