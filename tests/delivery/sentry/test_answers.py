"""Each row of the table of outcomes, by what the server really says."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from urllib3.exceptions import HTTPError

from errorkit.delivery.channels.base import DeliveryContext, Outcome, Result
from errorkit.delivery.channels.sentry import SentryChannel
from errorkit.delivery.texts import describe
from tests.delivery.factories import make_report
from tests.servers import free_port
from tests.servers.receiver import Reply, black_hole, mute
from tests.servers.sentry import KEY, Sentry, accept

LIMITS = "X-Sentry-Rate-Limits"


def send(dsn: str, **options: str) -> Outcome:
    channel = SentryChannel("sentry", dsn=dsn, **options)
    context = DeliveryContext(key="forward:sentry:1", alias="sentry", purpose="forward")
    return channel.send(make_report(), context)


def attempt(dsn: str) -> Outcome:
    """Send as the outbox does, for which whatever a channel raises is temporary."""
    try:
        return send(dsn)
    except HTTPError as error:
        return Outcome(result=Result.TEMPORARY, detail=describe(error))


@pytest.mark.parametrize(
    ("reply", "result", "park"),
    [
        (accept(), Result.ACCEPTED, 0),
        (accept(**{LIMITS: "5:error:organization"}), Result.ACCEPTED, 5),
        (accept(**{LIMITS: "5:default;error:key"}), Result.ACCEPTED, 5),
        (accept(**{LIMITS: "5::organization"}), Result.ACCEPTED, 5),
        (accept(**{LIMITS: "5:transaction;replay:key"}), Result.ACCEPTED, 0),
        (accept(**{LIMITS: "9:transaction:key, 7:error:key:quota"}), Result.ACCEPTED, 7),
        (accept(**{LIMITS: "x:error:key, :, ,-5:error"}), Result.ACCEPTED, 0),
        (Reply(status=429), Result.LIMITED, 60),
        (Reply(status=429, headers={"Retry-After": "7"}), Result.LIMITED, 7),
        (Reply(status=429, headers={LIMITS: "8:error:key"}), Result.LIMITED, 8),
        (Reply(status=429, headers={LIMITS: "8:session:key"}), Result.LIMITED, 60),
        (Reply(status=429, headers={"Retry-After": "soon"}), Result.LIMITED, 60),
        (Reply(status=413), Result.TOO_LARGE, 0),
        (Reply(status=400), Result.PERMANENT, 0),
        (Reply(status=401), Result.PERMANENT, 0),
        (Reply(status=403), Result.PERMANENT, 0),
        (Reply(status=404), Result.PERMANENT, 0),
        (Reply(status=301, headers={"Location": "https://x.example/"}), Result.PERMANENT, 0),
        (Reply(status=308, headers={"Location": "/elsewhere"}), Result.PERMANENT, 0),
        (Reply(status=408), Result.TEMPORARY, 0),
        (Reply(status=500), Result.TEMPORARY, 0),
        (Reply(status=502), Result.TEMPORARY, 0),
        (Reply(status=503, headers={"Retry-After": "30"}), Result.TEMPORARY, 30),
        (Reply(status=200, body=b"<html>log in</html>"), Result.TEMPORARY, 0),
        (Reply(status=200, body=b"{}"), Result.TEMPORARY, 0),
        (Reply(status=204), Result.TEMPORARY, 0),
    ],
)
def test_outcome_follows_the_table_when_the_server_answers(
    sentry: Sentry, reply: Reply, result: Result, park: int
) -> None:
    sentry.plan = [reply]

    outcome = send(sentry.dsn)

    assert (outcome.result, outcome.park_seconds) == (result, park)
    assert outcome.status_code == reply.status
    assert len(sentry.received) == 1, "no redirect and no repeat"


def test_channel_is_parked_until_the_date_when_retry_after_is_a_date(sentry: Sentry) -> None:
    at = datetime.now(UTC) + timedelta(seconds=90)
    sentry.plan = [Reply(status=429, headers={"Retry-After": format_datetime(at, usegmt=True)})]

    assert 60 < send(sentry.dsn).park_seconds <= 90


def test_detail_names_the_server_and_its_reason_but_no_key_when_it_refuses(sentry: Sentry) -> None:
    outcome = send(sentry.dsn.replace(KEY, "f" * 32))

    assert outcome.result is Result.PERMANENT
    assert outcome.detail == "HTTP 403 bad key"


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("fault", ["silent", "reset", "drip", "drip_body"])
def test_failure_is_temporary_in_time_when_the_server(sentry: Sentry, fault: str) -> None:
    sentry.plan = [Reply(fault=fault)]
    started = time.monotonic()

    outcome = attempt(sentry.dsn)

    assert outcome.result is Result.TEMPORARY
    assert time.monotonic() - started < 6
    assert len(sentry.received) == 1


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("place", [black_hole, mute])
def test_failure_is_temporary_in_time_when_the_network_is_a(place) -> None:
    with place() as port:
        started = time.monotonic()
        outcome = attempt(f"http://{KEY}@127.0.0.1:{port}/42")

    assert outcome.result is Result.TEMPORARY
    assert time.monotonic() - started < 6


def test_failure_is_temporary_when_connections_are_refused() -> None:
    outcome = attempt(f"http://{KEY}@127.0.0.1:{free_port()}/42")

    assert outcome.result is Result.TEMPORARY
    assert "refused" in outcome.detail
    assert KEY not in outcome.detail


def test_connection_is_kept_when_a_second_report_follows(sentry: Sentry) -> None:
    channel = SentryChannel("sentry", dsn=sentry.dsn)
    context = DeliveryContext(key="k", alias="sentry", purpose="forward")

    outcomes = [channel.send(make_report(), context).result for _ in range(3)]

    assert outcomes == [Result.ACCEPTED] * 3
    assert len({request.client for request in sentry.received}) == 1


def test_delivery_leads_to_the_event_when_the_settings_say_where_people_look(
    sentry: Sentry,
) -> None:
    outcome = send(sentry.dsn, web_url="https://acme.sentry.example/")

    url = "https://acme.sentry.example/issues/?project=42&query="
    assert outcome.upstream_url == f"{url}{outcome.upstream_id}"
    assert send(sentry.dsn).upstream_url == ""


def test_check_finds_the_web_url_when_it_is_none() -> None:
    dsn = f"https://{KEY}@sentry.example/42"

    [message] = SentryChannel("sentry", dsn=dsn, web_url="acme").check()

    assert message.id == "errorkit.E121"
