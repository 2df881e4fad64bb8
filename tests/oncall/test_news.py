from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from errorkit.models import HourlyCount, Incident, Route
from errorkit.oncall import news
from errorkit.oncall.news import QUIET_AFTER, is_progress
from tests.oncall.world import World, acknowledge, alert_of, channel, resolve


def policy(site: World, **fields: int) -> None:
    site.add_policy(channel("oncall"), **{"repeats": 0, "repeat_minutes": 0, **fields})


def grow_old(incident: Incident, *, days: int, at_most: int) -> None:
    """Give the incident a week of hours, of which the busiest saw it `at_most` times."""
    Incident.objects.filter(pk=incident.pk).update(first_seen=timezone.now() - timedelta(days=days))
    hour = timezone.now().replace(minute=0) - timedelta(days=3)
    HourlyCount.objects.create(incident=incident, hour=hour, count=at_most)


@pytest.mark.parametrize(
    ("told", "seen", "progress"),
    [(1, 1, False), (1, 2, True), (2, 3, False), (3, 4, True), (4, 7, False), (5, 1000, True)],
)
def test_progress_is_a_power_of_two_in_between(told: int, seen: int, progress: bool) -> None:
    assert is_progress(told, seen) is progress


def test_progress_goes_into_the_same_thread_once_in_five_minutes(site: World) -> None:
    policy(site)
    for _ in range(3):
        site.fail()
    site.wait(seconds=30)
    for _ in range(20):
        site.fail()
        site.wait(seconds=20)
    assert [message.subject for message in mail.outbox[1:]] == [
        "[production] repeated: ValueError: it failed"
    ]
    headers = [message.message() for message in mail.outbox]
    assert headers[0]["References"] == headers[1]["References"]
    assert headers[0]["Message-ID"] != headers[1]["Message-ID"]


@pytest.mark.parametrize("act", [acknowledge, resolve])
def test_no_progress_is_told_after_somebody_acted(site: World, act) -> None:
    policy(site)
    act(site.fail())
    site.wait(minutes=10)
    for _ in range(3):
        site.fail() if act is acknowledge else None
    site.wait(minutes=10)
    assert site.read_mail() == []


def test_those_who_were_told_hear_that_it_is_quiet_again(site: World) -> None:
    policy(site, repeat_minutes=60)
    incident = site.fail()
    site.wait(seconds=30)
    site.read_mail()
    site.pass_time(timedelta(hours=5, minutes=50), every=timedelta(minutes=10))
    assert {subject for _, subject in site.read_mail()} == {
        "[production] still not acknowledged: ValueError: it failed"
    }
    site.wait(minutes=10)
    assert site.read_mail() == [("fallback", "[production] quiet again: ValueError: it failed")]
    site.pass_time(timedelta(days=1), every=timedelta(hours=1))
    assert site.read_mail() == []
    assert alert_of(incident).status == "quiet"


def test_incident_is_not_called_quiet_when_it_happens_while_it_is_looked_at(site: World) -> None:
    policy(site)
    incident = site.fail()
    site.wait(seconds=30)
    site.clock.shift(QUIET_AFTER)
    [quiet] = news._quiet(timezone.now()).select_related("incident")
    site.fail()
    assert news._close_quietly(quiet, timezone.now()) == 0
    assert alert_of(incident).status == "running"


def test_alert_starts_over_when_a_quiet_incident_comes_back(site: World) -> None:
    policy(site)
    site.fail()
    site.wait(seconds=30)
    site.wait(hours=7)
    site.read_mail()
    site.fail()
    site.wait(seconds=30)
    assert site.read_mail() == [("fallback", "[production] repeated: ValueError: it failed")]


def test_incident_surges_when_it_is_above_its_own_ceiling(site: World) -> None:
    policy(site)
    incident = site.fail()
    site.wait(seconds=30)
    grow_old(incident, days=7, at_most=11)
    site.read_mail()
    for _ in range(10):
        site.fail()
    site.wait(seconds=30)
    assert site.read_mail() == []
    site.fail()
    site.wait(seconds=5)
    assert site.read_mail() == [("fallback", "[production] surging: ValueError: it failed")]
    for _ in range(10):
        site.fail()
    site.wait(seconds=30)
    assert site.read_mail() == []


def test_surge_begins_an_alert_when_there_was_none(site: World) -> None:
    nobody = Route.objects.create(name="nobody")
    grow_old(site.fail(), days=7, at_most=2)
    nobody.delete()
    policy(site)
    for _ in range(12):
        site.fail()
    site.wait(seconds=30)
    assert site.read_mail() == [("fallback", "[production] surging: ValueError: it failed")]


def test_young_or_acknowledged_incident_does_not_surge(site: World) -> None:
    policy(site, acknowledge_minutes=0)
    site.fail("Young")
    acknowledged = site.fail("Known")
    site.wait(seconds=30)
    grow_old(acknowledged, days=7, at_most=2)
    acknowledge(acknowledged)
    site.read_mail()
    for _ in range(15):
        site.fail("Young")
        site.fail("Known")
    site.wait(seconds=30)
    assert site.read_mail() == []
