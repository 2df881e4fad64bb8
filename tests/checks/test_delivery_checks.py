import logging
import logging.config
from collections.abc import Iterator

import pytest
from django.core.checks import run_checks
from django.test import override_settings
from django.utils.log import DEFAULT_LOGGING

from errorkit.checks.mail import REPLACEMENT
from errorkit.delivery.channels import known_secrets
from errorkit.delivery.channels.base import Channel, DeliveryContext, Outcome, Result
from errorkit.delivery.routing import forwarding
from errorkit.delivery.trying import try_once
from errorkit.reports.report import Report
from tests.delivery.channels.targets import SECRET
from tests.delivery.factories import make_report

CONTEXT = DeliveryContext(key="k", alias="broken", purpose="forward")

MEMORY = "errorkit.delivery.channels.memory.MemoryChannel"


def found(*, deploy: bool = False) -> set[str]:
    messages = run_checks(tags=["errorkit"], include_deployment_checks=deploy)
    return {message.id for message in messages if message.id and "errorkit." in message.id}


@pytest.fixture
def default_logging() -> Iterator[None]:
    """Django's own logging, which mails admins."""
    loggers = [logging.getLogger(name) for name in ("django", "django.server", "django.request")]
    before = [
        (each, list(each.handlers), each.level, each.propagate, each.filters) for each in loggers
    ]
    logging.config.dictConfig(DEFAULT_LOGGING)
    yield
    for each, handlers, level, propagate, filters in before:
        each.handlers[:] = handlers
        each.setLevel(level)
        each.propagate = propagate
        each.filters = filters


@pytest.mark.parametrize(
    "entry",
    [
        {"BACKEND": "no.such.Channel"},
        {"BACKEND": "errorkit.conf.Config"},
        {"BACKEND": MEMORY, "OPTIONS": {"NOPE": 1}},
        {"BACKEND": "errorkit.delivery.channels.sentry.SentryChannel"},
        {
            "BACKEND": "errorkit.delivery.channels.sentry.SentryChannel",
            "OPTIONS": {"DSN": "http://k@x/1", "WHEN": "perhaps"},
        },
    ],
)
def test_e101_when_a_channel_cannot_be_built(entry: dict[str, object]) -> None:
    with override_settings(ERRORKIT={"CHANNELS": {"broken": entry}}):
        assert found() == {"errorkit.E101"}


@pytest.mark.parametrize(
    ("backend", "options"),
    [
        ("webhook.WebhookChannel", {"URL": None, "SECRET": SECRET}),
        ("webhook.WebhookChannel", {"URL": "https://x.example/", "SECRET": None}),
        ("webhook.WebhookChannel", {"URL": "https://x.example/", "SECRET": 7}),
        ("pagerduty.PagerDutyChannel", {"ROUTING_KEY": None}),
        ("slack.SlackChannel", {"TOKEN": "xoxb-1", "CHANNEL": "C1", "API": None}),
        ("sentry.SentryChannel", {"DSN": None}),
        ("sentry.SentryChannel", {"DSN": 7}),
        ("sentry.SentryChannel", {"DSN": "http://k@x/1", "WEB_URL": None}),
        ("apprise.AppriseChannel", {"URLS": [None]}),
        ("apprise.AppriseChannel", {"URLS": None}),
        ("email.EmailChannel", {"TO": [None]}),
    ],
)
def test_e101_and_an_outcome_when_an_option_is_no_text(
    backend: str, options: dict[str, object]
) -> None:
    entry = {"BACKEND": f"errorkit.delivery.channels.{backend}", "OPTIONS": options}
    with override_settings(ERRORKIT={"CHANNELS": {"broken": entry, "sound": {"BACKEND": MEMORY}}}):
        [message] = [each for each in run_checks(tags=["errorkit"]) if each.id == "errorkit.E101"]

        # What could break the digest, and a round of other channels.
        assert "sound" in forwarding()
        assert known_secrets() == {secret for secret in known_secrets() if secret}
        outcome, _ = try_once("broken", make_report, CONTEXT)
    assert outcome.result in {Result.TEMPORARY, Result.PERMANENT}
    if None in options.values():
        assert "is None" in message.msg


def test_e101_tells_no_value_when_a_constructor_quotes_one() -> None:
    entry = {"BACKEND": f"{__name__}.Quoting", "OPTIONS": {"PASSWORDS": {"a": ["s3cret-word"]}}}
    with override_settings(ERRORKIT={"CHANNELS": {"broken": entry}}):
        [message] = run_checks(tags=["errorkit"])
        outcome, _ = try_once("broken", make_report, CONTEXT)

    assert message.id == "errorkit.E101"
    assert "KeyError" in message.msg
    assert "s3cret-word" not in f"{message.msg} {outcome.detail}"


class Quoting(Channel):
    """Fails as constructors do that look something up."""

    def __init__(self, alias: str, *, passwords: dict[str, list[str]]) -> None:
        super().__init__(alias)
        raise KeyError(passwords["a"][0])

    def send(self, report: Report, context: DeliveryContext) -> Outcome:
        raise NotImplementedError


def test_nothing_when_channels_are_sound() -> None:
    with override_settings(ERRORKIT={"CHANNELS": {"archive": {"BACKEND": MEMORY}}}):
        assert found() == set()


@pytest.mark.usefixtures("default_logging")
def test_w101_when_django_mails_every_failure() -> None:
    with override_settings(ADMINS=["root@example.com"]):
        assert found() == {"errorkit.W101"}


@pytest.mark.usefixtures("default_logging")
def test_nothing_when_there_are_no_admins_to_mail() -> None:
    with override_settings(ADMINS=[]):
        assert found() == set()


@pytest.mark.usefixtures("default_logging")
@override_settings(ADMINS=["root@example.com"])
def test_nothing_when_the_printed_lines_are_in_the_settings() -> None:
    namespace: dict[str, dict[str, object]] = {}
    exec(REPLACEMENT, namespace)

    logging.config.dictConfig(namespace["LOGGING"])

    assert found() == set()
    [handler] = logging.getLogger("django").handlers
    assert type(handler) is logging.StreamHandler


@override_settings(ERRORKIT={}, ADMINS=[])
def test_w102_and_w103_when_a_site_is_deployed_without_recipients_and_links() -> None:
    assert found() == set()
    assert found(deploy=True) == {"errorkit.W102", "errorkit.W103"}


@pytest.mark.parametrize(("seconds", "ids"), [(20, {"errorkit.W104"}), (24, set())])
def test_w104_when_a_claim_may_end_before_its_try(seconds: int, ids: set[str]) -> None:
    base = {"BASE_URL": "https://shop.example", "ONCALL_FALLBACK": ["oncall@example.com"]}
    with override_settings(ERRORKIT={**base, "LEASE_SECONDS": seconds}):
        assert found(deploy=True) == ids


@pytest.mark.parametrize("url", ["shop.example", "/errors", "ftp://shop.example"])
def test_e103_when_the_base_url_is_not_absolute(url: str) -> None:
    with override_settings(ERRORKIT={"BASE_URL": url, "ONCALL_FALLBACK": ["a@example.com"]}):
        assert found(deploy=True) == {"errorkit.E103"}
