import json
import sys
from collections.abc import Iterator

import pytest

from errorkit.delivery.channels.apprise import AppriseChannel
from errorkit.delivery.channels.base import DeliveryContext, Result
from tests.delivery.factories import make_report
from tests.servers import free_port
from tests.servers.receiver import Receiver, Reply

CONTEXT = DeliveryContext(key="k", alias="others", purpose="alert", transition="opened")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


def test_message_arrives_when_a_service_takes_it(receiver: Receiver) -> None:
    channel = AppriseChannel("others", urls=[f"json://127.0.0.1:{receiver.port}/"])

    outcome = channel.send(make_report(), CONTEXT)

    assert outcome.result is Result.ACCEPTED
    [request] = receiver.received
    assert "ZeroDivisionError" in json.loads(request.body)["title"]


def test_outcome_is_temporary_and_tells_no_url_when_a_service_refuses(receiver: Receiver) -> None:
    receiver.plan = [Reply(status=500)]
    channel = AppriseChannel("others", urls=[f"json://user:s3cret@127.0.0.1:{receiver.port}/"])

    outcome = channel.send(make_report(), CONTEXT)

    assert outcome.result is Result.TEMPORARY
    assert "s3cret" not in outcome.detail
    assert len(receiver.received) == 1, "the outbox tries again, not Apprise"


@pytest.mark.parametrize(
    ("status", "result"),
    [(429, Result.LIMITED), (400, Result.TEMPORARY), (503, Result.TEMPORARY)],
)
def test_outcome_says_why_when_a_service_refuses(
    receiver: Receiver, status: int, result: Result
) -> None:
    receiver.plan = [Reply(status=200), Reply(status=status)]
    url = f"json://127.0.0.1:{receiver.port}"

    outcome = AppriseChannel("others", urls=[f"{url}/a", f"{url}/b"]).send(make_report(), CONTEXT)

    assert outcome.result is result
    assert outcome.status_code == status
    assert outcome.detail.startswith("Apprise says PARTIAL: JSON: Failed to send JSON")


def test_outcome_says_why_when_nobody_listens() -> None:
    channel = AppriseChannel("others", urls=[f"json://127.0.0.1:{free_port()}/"])

    outcome = channel.send(make_report(), CONTEXT)

    assert outcome.detail.startswith("Apprise says FAILURE: JSON: A Connection error occurred")
    assert outcome.status_code is None


@pytest.mark.parametrize("url", ["dbus://", "syslog://", "gnome://", " KDE://"])
def test_scheme_is_refused_when_it_reaches_into_this_machine(url: str) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        AppriseChannel("others", urls=[url])


def test_scheme_is_refused_when_the_settings_allow_others_only() -> None:
    with pytest.raises(ValueError, match="json"):
        AppriseChannel("others", urls=["json://x.example"], schemes=["mailtos"])


def test_check_tells_how_to_install_apprise_when_it_is_missing(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    [message] = AppriseChannel("others", urls=["json://x.example"]).check()

    assert message.id == "errorkit.E114"
    assert "errorkit[apprise]" in str(message.hint)


def test_check_names_the_position_when_apprise_does_not_understand_a_url() -> None:
    [message] = AppriseChannel("others", urls=["json://x.example", "nonsense://s3cret"]).check()

    assert message.id == "errorkit.E115"
    assert "position 1" in message.msg
    assert "s3cret" not in message.msg
