from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from errorkit.models import Delivery, Silence
from errorkit.oncall.rounds import go_round
from errorkit.sweep import sweep
from tests.oncall.world import World, acknowledge, channel, resolve, silence


def test_nothing_goes_out_during_a_silence_and_open_incidents_alert_when_it_ends(
    site: World,
) -> None:
    site.add_policy(channel("oncall"))
    site.fail("Told")
    site.wait(seconds=30)
    assert site.readers() == ["fallback"]
    silence(hours=1)
    site.fail("New")
    resolve(site.fail("Resolved"))
    site.pass_time(timedelta(minutes=59))
    assert site.read_mail() == []
    site.wait(minutes=1)
    assert site.read_mail() == [("fallback", "2 incidents need attention")]
    site.wait(minutes=1)
    assert site.read_mail() == []


def test_first_form_alerts_again_when_a_silence_has_swallowed_it(site: World) -> None:
    silence(hours=1)
    site.fail()
    sweep()
    assert site.readers() == []
    assert Delivery.objects.get().reason == "silenced: maintenance"
    site.wait(hours=1)
    assert site.readers() == ["fallback"]


def test_alert_that_is_owed_is_not_sent_when_it_is_silenced_before_it_leaves(site: World) -> None:
    site.add_policy(channel("oncall"))
    site.fail()
    site.clock.shift(30)
    assert go_round(timezone.now()) == 1
    silence()
    sweep()
    assert site.readers() == []


def test_silence_lets_others_through_when_it_covers_some(site: World) -> None:
    site.add_policy(channel("oncall"))
    silence(exception="Quiet*")
    site.fail("QuietError")
    site.fail("LoudError")
    site.wait(seconds=30)
    assert site.read_mail() == [("fallback", "[production] opened: LoudError: it failed")]


def test_alerts_go_on_at_once_when_a_silence_is_ended_early(site: World) -> None:
    site.add_policy(channel("oncall"))
    maintenance = silence(hours=5)
    site.fail()
    site.wait(minutes=1)
    Silence.objects.filter(pk=maintenance.pk).update(ends_at=timezone.now())
    sweep()
    assert site.readers() == ["fallback"]


def test_acknowledged_incident_stays_quiet_when_a_silence_ends(site: World) -> None:
    site.add_policy(channel("oncall"), acknowledge_minutes=0)
    silence(hours=1)
    acknowledge(site.fail())
    site.wait(hours=1)
    assert site.readers() == []


@pytest.mark.parametrize(
    ("conditions", "covered"),
    [
        ({}, True),
        ({"environment": "prod*"}, True),
        ({"environment": "staging"}, False),
        ({"exception": "PayError"}, True),
        ({"exception": "*failed"}, True),
        ({"exception": "payerror"}, False),
        ({"path": "/pay/*"}, True),
        ({"path": "/shop/*"}, False),
        ({"level": "error"}, True),
        ({"level": "fatal"}, False),
        ({"owner_id": "7"}, False),
        ({"environment": "production", "path": "/shop/*"}, False),
    ],
)
def test_conditions_have_to_hold_all(
    site: World, conditions: dict[str, str], covered: bool
) -> None:
    incident = site.fail("PayError")
    assert silence(**conditions).covers(incident, "/pay/7/") is covered


def test_silence_is_refused_when_it_lasts_longer_than_seven_days(site: World) -> None:
    now = timezone.now()
    with pytest.raises(ValidationError, match="within seven days"):
        Silence(starts_at=now, ends_at=now + timedelta(days=8), reason="holiday").full_clean()


def test_silence_is_refused_when_it_ends_before_it_begins() -> None:
    now = timezone.now()
    with pytest.raises(ValidationError) as caught:
        Silence(starts_at=now, ends_at=now - timedelta(hours=1), reason="holiday").full_clean()
    assert caught.value.message_dict["ends_at"] == ["The silence ends before it begins."]


def test_silence_is_refused_when_it_does_not_end(site: World) -> None:
    with pytest.raises(IntegrityError):
        silence(hours=-1)


def test_incident_alerts_when_a_silence_of_its_path_ends_which_began_after_the_alert(
    site: World,
) -> None:
    site.add_policy(channel("oncall"), repeats=0, repeat_minutes=0)
    # In a storm there are light occurrences only, whose alert has no path.
    site.fail(full=False)
    site.fail()
    site.clock.shift(30)
    go_round(timezone.now())
    silence(hours=1, path="/pay/*")
    site.wait(minutes=2)
    site.wait(hours=1)
    assert site.readers() == ["fallback"]
