"""Who reports to Sentry: the host's SDK or errorkit, never both and never neither."""

from collections.abc import Callable, Iterator

import pytest
import sentry_sdk
from sentry_sdk.client import SDK_INFO
from sentry_sdk.integrations.django import DjangoIntegration

from errorkit.delivery.channels.base import DeliveryContext, Outcome, Result
from errorkit.delivery.channels.sentry import SentryChannel
from tests.delivery.factories import make_report
from tests.servers.sentry import Sentry

CONTEXT = DeliveryContext(key="k", alias="sentry", purpose="forward")


@pytest.fixture
def host_sdk() -> Iterator[Callable[..., None]]:
    """Make the host's SDK active, as its settings would, without patching Django for the whole run."""
    before = sentry_sdk.get_global_scope().client

    def activate(dsn: str, *, django: bool = True) -> None:
        client = sentry_sdk.Client(
            dsn=dsn, default_integrations=False, auto_enabling_integrations=False
        )
        if django:
            client.integrations["django"] = DjangoIntegration()
        sentry_sdk.get_global_scope().set_client(client)

    yield activate
    sentry_sdk.get_global_scope().client.close(timeout=0)
    sentry_sdk.get_global_scope().set_client(before)


def send(sentry: Sentry, when: str = "unless_host_sdk", **report: object) -> Outcome:
    return SentryChannel("sentry", dsn=sentry.dsn, when=when).send(make_report(**report), CONTEXT)


@pytest.mark.trap("T49")
def test_event_is_left_to_the_host_when_its_sdk_uses_the_same_dsn(
    sentry: Sentry, host_sdk: Callable[..., None]
) -> None:
    host_sdk(sentry.dsn)

    outcome = send(sentry)

    assert outcome.result is Result.SKIPPED
    assert "not known" in outcome.detail, "nobody claims that it arrived"
    assert sentry.received == []


@pytest.mark.parametrize(
    ("options", "report"),
    [
        ({"django": False}, {}),
        ({}, {"kind": "command"}),
        ({}, {"kind": "task"}),
        ({}, {"kind": "manual"}),
        ({}, {"handled": True}),
    ],
)
def test_event_is_sent_when_the_host_sdk_does_not_see_such_failures(
    sentry: Sentry,
    host_sdk: Callable[..., None],
    options: dict[str, bool],
    report: dict[str, object],
) -> None:
    host_sdk(sentry.dsn, **options)

    assert send(sentry, **report).result is Result.ACCEPTED


def test_event_is_sent_when_the_host_sdk_has_another_project(
    sentry: Sentry, host_sdk: Callable[..., None]
) -> None:
    host_sdk(sentry.dsn.replace("/42", "/43"))

    assert send(sentry).result is Result.ACCEPTED


def test_event_is_sent_when_the_host_has_no_sdk(sentry: Sentry) -> None:
    assert send(sentry).result is Result.ACCEPTED


def test_event_is_sent_when_the_settings_say_always(
    sentry: Sentry, host_sdk: Callable[..., None]
) -> None:
    host_sdk(sentry.dsn)

    assert send(sentry, "always").result is Result.ACCEPTED


def test_event_is_skipped_when_the_settings_say_never(sentry: Sentry) -> None:
    assert send(sentry, "never").result is Result.SKIPPED


def test_client_of_the_host_is_the_same_when_errorkit_has_sent(
    sentry: Sentry, host_sdk: Callable[..., None]
) -> None:
    host_sdk(sentry.dsn.replace("/42", "/43"))
    before = sentry_sdk.get_client(), SDK_INFO["name"]

    send(sentry)

    assert (sentry_sdk.get_client(), SDK_INFO["name"]) == before


def test_check_warns_when_everything_would_arrive_twice(
    sentry: Sentry, host_sdk: Callable[..., None]
) -> None:
    host_sdk(sentry.dsn)

    [message] = SentryChannel("sentry", dsn=sentry.dsn, when="always").check()

    assert message.id == "errorkit.W121"
    assert SentryChannel("sentry", dsn=sentry.dsn).check() == []


@pytest.mark.parametrize("dsn", ["nonsense", "https://sentry.example/1", "https://k@x.example/no"])
def test_check_finds_the_dsn_when_it_cannot_be_used(dsn: str) -> None:
    [message] = SentryChannel("sentry", dsn=dsn).check()

    assert message.id == "errorkit.E121"
