import pytest

from errorkit.delivery.channels.base import DeliveryContext
from errorkit.delivery.channels.sentry.event import build_event
from tests.delivery.factories import make_report
from tests.delivery.sentry.relay import complaints

CONTEXT = DeliveryContext(key="k", alias="sentry", purpose="forward", transition="opened")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("shop@1.4.2", "shop@1.4.2"),
        ("feature/basket", "feature-basket"),
        ("1.0\n2.0", "1.0-2.0"),
        ("latest", None),
        ("..", None),
        ("x" * 300, "x" * 200),
    ],
)
def test_release_is_one_that_sentry_takes_when_the_site_gives_any(
    given: str, sent: str | None
) -> None:
    event = build_event(make_report(release=given), CONTEXT)

    assert event.get("release") == sent
    assert complaints(event) == []


@pytest.mark.parametrize(
    ("given", "sent"), [("production", "production"), ("eu/live", "eu-live"), ("None", None)]
)
def test_environment_is_one_that_sentry_takes_when_the_site_gives_any(
    given: str, sent: str | None
) -> None:
    event = build_event(make_report(environment=given), CONTEXT)

    assert event.get("environment") == sent
    assert complaints(event) == []


def test_relay_complains_when_an_event_is_wrong() -> None:
    event = build_event(make_report(), CONTEXT)

    assert complaints({**event, "release": "a/b", "colour": "red"}) != []
