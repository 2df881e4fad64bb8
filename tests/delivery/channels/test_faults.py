"""What every channel makes of a server that answers badly, late or not at all."""

import time
from collections.abc import Iterator

import pytest
from urllib3.exceptions import HTTPError

from errorkit.delivery import http
from errorkit.delivery.channels.base import Channel, DeliveryContext, Outcome, Result
from errorkit.delivery.texts import clean, describe
from tests.delivery.channels.targets import TARGETS, Target
from tests.delivery.factories import make_report
from tests.servers import free_port
from tests.servers.receiver import Receiver, Reply, black_hole, mute

CONTEXT = DeliveryContext(key="alert:x:1:1", alias="x", purpose="alert", transition="opened")

pytestmark = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(http, "READ_SECONDS", 0.3)
    monkeypatch.setattr(http, "LONGEST_TRY", 0.6)


def attempt(channel: Channel) -> Outcome:
    """Send as the outbox does: whatever is raised is temporary."""
    try:
        return channel.send(make_report(), CONTEXT)
    except HTTPError as error:
        return Outcome(result=Result.TEMPORARY, detail=describe(error, channel.secrets))


def test_outcome_is_accepted_when_the_server_says_so(target: Target, receiver: Receiver) -> None:
    receiver.plan = [target.accepts]

    assert attempt(target.make(receiver.url)).result is Result.ACCEPTED


@pytest.mark.parametrize(
    ("reply", "result", "park"),
    [
        (Reply(status=429), Result.LIMITED, 60),
        (Reply(status=429, headers={"Retry-After": "7"}), Result.LIMITED, 7),
        (Reply(status=413), Result.TOO_LARGE, 0),
        (Reply(status=400), Result.PERMANENT, 0),
        (Reply(status=401), Result.PERMANENT, 0),
        (Reply(status=403), Result.PERMANENT, 0),
        (Reply(status=404), Result.PERMANENT, 0),
        (Reply(status=422), Result.PERMANENT, 0),
        (Reply(status=410), Result.PERMANENT, 0),
        (Reply(status=302, headers={"Location": "http://x.example/"}), Result.PERMANENT, 0),
        (Reply(status=408), Result.TEMPORARY, 0),
        (Reply(status=500), Result.TEMPORARY, 0),
        (Reply(status=502), Result.TEMPORARY, 0),
        (Reply(status=504), Result.TEMPORARY, 0),
        (Reply(status=429, headers={"Retry-After": "-5"}), Result.LIMITED, 60),
        (Reply(status=429, headers={"Retry-After": "9" * 50}), Result.LIMITED, 60),
        (Reply(status=503, headers={"Retry-After": "9"}), Result.TEMPORARY, 9),
    ],
)
def test_outcome_follows_the_table_when_the_server_answers(
    target: Target, receiver: Receiver, reply: Reply, result: Result, park: int
) -> None:
    receiver.plan = [reply]

    outcome = attempt(target.make(receiver.url))

    assert (outcome.result, outcome.park_seconds) == (result, park)
    assert outcome.status_code == reply.status
    assert len(receiver.received) == 1, "no redirect and no repeat"


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("fault", ["silent", "reset", "drip", "drip_body"])
def test_outcome_is_temporary_and_in_time_when_the_server(
    target: Target, receiver: Receiver, fault: str
) -> None:
    receiver.plan = [Reply(fault=fault)]
    started = time.monotonic()

    outcome = attempt(target.make(receiver.url))

    assert outcome.result is Result.TEMPORARY
    assert time.monotonic() - started < 6


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("place", [black_hole, mute])
def test_outcome_is_temporary_and_in_time_when_the_network_is_a(target: Target, place) -> None:
    with place() as port:
        started = time.monotonic()
        outcome = attempt(target.make(f"http://127.0.0.1:{port}"))

    assert outcome.result is Result.TEMPORARY
    assert time.monotonic() - started < 6


def test_outcome_is_temporary_when_connections_are_refused(target: Target) -> None:
    assert attempt(target.make(f"http://127.0.0.1:{free_port()}")).result is Result.TEMPORARY


def test_html_with_status_200_is_not_taken_for_an_answer(
    target: Target, receiver: Receiver
) -> None:
    receiver.plan = [Reply(body=b"<html>log in</html>")]

    outcome = attempt(target.make(receiver.url))

    # The specification of webhooks takes every 2xx for acceptance.
    expected = Result.ACCEPTED if target is TARGETS["webhook"] else Result.TEMPORARY
    assert outcome.result is expected


def test_no_secret_is_told_when_the_server_echoes_all_of_them(
    target: Target, receiver: Receiver
) -> None:
    channel = target.make(receiver.url)
    assert channel.secrets
    receiver.plan = [Reply(status=400, body=" ".join(channel.secrets).encode())]

    outcome = attempt(channel)

    detail = clean(outcome.detail, channel.secrets)
    assert not any(secret in detail for secret in channel.secrets)
    assert "s3cret" not in detail
