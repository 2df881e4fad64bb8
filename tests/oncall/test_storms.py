from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from errorkit.models import ChannelState, Delivery, Incident
from errorkit.oncall import digests
from errorkit.oncall.rounds import go_round
from errorkit.oncall.storms import MOST
from errorkit.sweep import sweep
from tests.delivery.conftest import MEMORY
from tests.oncall.world import SETTINGS, World, acknowledge, add_way, channel, user


def test_incidents_that_come_together_share_one_message(site: World) -> None:
    site.add_policy(channel("oncall"))
    for kind in ("OneError", "TwoError"):
        site.fail(kind)
        site.fail(kind)
    site.wait(seconds=30)
    assert [message.subject for message in mail.outbox] == ["2 incidents need attention"]
    assert "OneError: it failed" in mail.outbox[0].body
    assert "TwoError: it failed" in mail.outbox[0].body


def test_person_gets_a_digest_every_five_minutes_in_a_storm(site: World) -> None:
    for number in range(200):
        site.fail(f"Error{number}")
        if number % 20 == 0:
            site.wait(seconds=6)
    site.pass_time(timedelta(minutes=15))
    subjects = [subject for _, subject in site.read_mail()]
    digests = [subject for subject in subjects if "need attention" in subject]
    assert len(subjects) - len(digests) == MOST
    assert 1 <= len(digests) <= 4
    assert not Delivery.objects.filter(status="held").exists()
    told = (
        Delivery.objects.filter(incident__isnull=False)
        .exclude(status="accepted")
        .exclude(digest__status="accepted")
    )
    assert not told.exists()


def test_single_alerts_come_again_when_the_storm_is_over(site: World) -> None:
    for number in range(20):
        site.fail(f"Error{number}")
    site.pass_time(timedelta(minutes=15))
    site.read_mail()
    site.fail("Late")
    sweep()
    assert site.read_mail() == [("fallback", "[production] opened: Late: it failed")]


def test_digest_names_only_what_is_open_when_it_leaves(site: World) -> None:
    incidents = [site.fail(f"Error{number}") for number in range(9)]
    for incident in incidents[:8]:
        acknowledge(incident)
    site.pass_time(timedelta(minutes=2))
    [message] = mail.outbox
    assert message.subject == "1 incident needs attention"
    assert "Error8" in message.body
    assert "Error7" not in message.body


def test_no_digest_leaves_when_people_have_dealt_with_all_of_it(site: World) -> None:
    for number in range(9):
        site.fail(f"Error{number}")
    Incident.objects.update(status="acknowledged", acknowledged_at=timezone.now())
    site.pass_time(timedelta(minutes=2))
    assert site.read_mail() == []


def test_digest_is_short_when_there_are_thousands(site: World) -> None:
    for number in range(40):
        site.fail(f"Error{number}")
    site.pass_time(timedelta(minutes=2))
    digest = mail.outbox[-1].body
    assert "25 more" in digest
    assert len(digest) < 4000


def test_second_way_gets_a_digest_too_when_a_storm_reaches_it(site: World) -> None:
    ids = site.add_people("ada")
    add_way(ids["ada"], "first@example.com")
    add_way(ids["ada"], "second@example.com", delay_minutes=5, position=2)
    site.add_policy(user(ids["ada"], wait=60))
    for number in range(40):
        site.fail(f"Error{number}")
    site.pass_time(timedelta(minutes=5), every=timedelta(seconds=30))
    assert "second" not in site.readers()
    site.pass_time(timedelta(minutes=5), every=timedelta(seconds=30))
    assert site.read_mail() == [("second", "40 incidents need attention")]


def test_second_way_hears_of_what_is_still_open_when_its_delay_is_over(site: World) -> None:
    ids = site.add_people("ada")
    add_way(ids["ada"], "second@example.com", delay_minutes=5)
    site.add_policy(user(ids["ada"], wait=60), group_wait=0)
    incidents = [site.fail(f"Error{number}") for number in range(3)]
    sweep()
    acknowledge(incidents[0])
    site.wait(minutes=5)
    assert site.read_mail() == [("second", "2 incidents need attention")]


def test_mailbox_gets_its_digest_when_another_one_has_thousands_waiting(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "LARGEST", 4)
    ids = site.add_people("ada", "bob")
    for name in ("ada", "bob"):
        site.add_policy(user(ids[name]), name=name, route={"exception": f"{name}*"}, group_wait=0)
    for number in range(20):
        site.fail(f"ada{number}")
    sweep()
    site.fail("bob1")
    site.fail("bob2")
    sweep()
    assert site.read_mail() == [("bob", "2 incidents need attention")]


def test_digest_is_made_once_when_two_sweeps_have_read_the_same(site: World) -> None:
    for number in range(9):
        site.fail(f"Error{number}")
    held = list(Delivery.objects.filter(status="held").order_by("pk"))
    made = [digests._bundle(held, timezone.now(), storm=True) for _ in range(2)]
    assert made == [True, False]
    assert Delivery.objects.filter(key__startswith="digest:").count() == 1


def test_digest_does_not_wait_for_hours_when_the_clock_was_set_back(site: World) -> None:
    for number in range(20):
        site.fail(f"Error{number}")
    site.pass_time(timedelta(minutes=1), every=timedelta(seconds=10))
    site.read_mail()
    site.clock.shift(timedelta(hours=-3))
    for number in range(20, 40):
        site.fail(f"Error{number}")
    site.pass_time(timedelta(minutes=1), every=timedelta(seconds=10))
    assert [subject for _, subject in site.read_mail()][-1] == "15 incidents need attention"


def test_held_alerts_expire_aloud_when_nobody_swept_for_long(
    site: World, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(9):
        site.fail(f"Error{number}")
    site.wait(hours=2)
    assert site.read_mail() == []
    assert not Delivery.objects.exclude(status="expired").exists()
    assert "9 deliveries expired" in caplog.text


def test_other_channel_names_all_incidents_when_a_digest_expires(
    site: World, settings: Any
) -> None:
    quiet = {"BACKEND": MEMORY, "OPTIONS": {"FORWARDS": False}}
    settings.ERRORKIT = SETTINGS | {"CHANNELS": {"chat": quiet}}
    site.add_policy(channel("chat"), repeats=0)
    for number in range(3):
        site.fail(f"Error{number}")
    site.clock.shift(30)
    go_round(timezone.now())
    ChannelState.objects.create(alias="chat", parked_until=timezone.now() + timedelta(hours=3))
    site.wait(minutes=61)
    site.wait(seconds=5)
    assert site.read_mail() == [("fallback", "3 incidents need attention")]
