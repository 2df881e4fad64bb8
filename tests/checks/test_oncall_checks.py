from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.core.management import call_command
from django.db import connection

from errorkit.checks.oncall import check_oncall
from errorkit.models import ContactMethod, EscalationPolicy, EscalationStep, Route, Schedule

pytestmark = pytest.mark.django_db
SOUND = {"BASE_URL": "https://shop.example", "ONCALL_FALLBACK": ["oncall@example.com"]}


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.ERRORKIT = SOUND
    settings.ROOT_URLCONF = "tests.oncall.urls_links"


def found(*, databases: tuple[str, ...] = ("default",)) -> list[CheckMessage]:
    return check_oncall(databases=databases)


def add_policy(**step: str) -> None:
    policy = EscalationPolicy.objects.create(name="Default")
    EscalationStep.objects.create(policy=policy, target="channel", **{"target_id": "oncall"} | step)
    Route.objects.create(name="All", policy=policy)


def only(identity: str) -> CheckMessage:
    [message] = found()
    assert message.id == f"errorkit.{identity}"
    return message


def test_nothing_when_all_is_sound() -> None:
    Schedule.objects.create(name="Web", zone="Europe/Berlin")
    ContactMethod.objects.create(user_id="1", address="ada@example.com", enabled=False)
    add_policy()
    assert found() == []


def test_nothing_is_asked_when_the_database_is_not_checked(django_assert_num_queries: Any) -> None:
    Schedule.objects.create(name="Web", zone="Mars/Olympus")
    with django_assert_num_queries(0):
        assert found(databases=()) == []


def test_w401_when_a_zone_is_not_known() -> None:
    Schedule.objects.create(name="Web", zone="Mars/Olympus")
    message = only("W401")
    assert "'Web'" in message.msg
    assert "tzdata" in str(message.hint)


def test_w402_when_a_contact_method_is_not_verified() -> None:
    for number in range(7):
        ContactMethod.objects.create(user_id="1", label=f"Ada {number}", address="a@example.com")
    message = only("W402")
    assert "Ada 4: a@example.com and others" in message.msg
    assert "Send a code" in str(message.hint)


@pytest.mark.parametrize(
    ("base", "urlconf", "hint"),
    [
        (None, "tests.oncall.urls_links", "BASE_URL"),
        ("https://shop.example", "tests.oncall.urls", "include"),
    ],
)
def test_w403_when_alerts_cannot_carry_a_link(
    settings: Any, base: str | None, urlconf: str, hint: str
) -> None:
    settings.ERRORKIT = SOUND | {"BASE_URL": base}
    settings.ROOT_URLCONF = urlconf
    assert found() == []
    add_policy()
    assert hint in str(only("W403").hint)


def test_w404_when_the_fallback_is_empty(settings: Any) -> None:
    settings.ERRORKIT = SOUND | {"ONCALL_FALLBACK": []}
    add_policy()
    assert "ONCALL_FALLBACK" in str(only("W404").hint)


def test_w405_when_the_channel_of_a_step_is_gone() -> None:
    add_policy(target_id="pigeon")
    assert "'pigeon'" in only("W405").msg


def test_command_says_it_when_the_database_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Schedule.objects.create(name="Web", zone="Mars/Olympus")
    call_command("check")
    assert "W401" not in capsys.readouterr().err
    call_command("check", databases=["default"])
    assert "W401" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_nothing_when_the_tables_are_not_there_yet() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE errorkit_schedule RENAME TO errorkit_gone")
    try:
        assert found() == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE errorkit_gone RENAME TO errorkit_schedule")
