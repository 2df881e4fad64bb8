from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection
from django.utils import timezone

from errorkit.health import look, problems_of
from errorkit.models import Delivery, Heartbeat, LayerMember, Override, Schedule
from errorkit.sweep import nobody_sweeps, sweep
from tests.oncall.rotas import in_utc
from tests.oncall.stored import add_layer
from tests.oncall.world import World, channel, on_call

MONDAY = in_utc(2026, 1, 19, 8)


def gap_problems() -> list[str]:
    return [each.text for each in problems_of(look(seconds=20)) if each.code == "rota_gap"]


def test_person_is_told_when_their_shift_begins(site: World) -> None:
    site.add_schedule("ada", "bob")
    sweep()
    assert site.read_mail() == []
    site.clock.move_to(MONDAY - timedelta(seconds=1))
    sweep()
    assert site.read_mail() == []
    site.wait(seconds=1)
    sweep()
    assert site.read_mail() == [("ada", "You are on call: Web")]
    site.pass_time(timedelta(days=6), every=timedelta(hours=6))
    assert site.read_mail() == []


def test_person_is_told_when_an_override_brings_the_shift_forward(site: World) -> None:
    schedule = site.add_schedule("ada", "bob")
    sweep()
    ids = site.add_people("cleo")
    now = timezone.now()
    Override.objects.create(
        schedule=schedule,
        user_id=ids["cleo"],
        label="Cleo",
        starts_at=now,
        ends_at=now + timedelta(hours=5),
    )
    Schedule.objects.update(next_change_at=None)
    sweep()
    assert site.read_mail() == [("cleo", "You are on call: Web")]
    site.wait(hours=5)
    assert site.read_mail() == [("bob", "You are on call: Web")]


def test_nobody_is_told_when_the_schedule_keeps_quiet(site: World) -> None:
    site.add_schedule("ada", "bob")
    Schedule.objects.update(handoff_notices=False)
    sweep()
    site.clock.move_to(MONDAY)
    sweep()
    assert site.read_mail() == []


def test_gap_is_announced_once_a_day_from_14_days_before(site: World) -> None:
    schedule = site.add_schedule("ada")
    schedule.layers.update(ends_on=timezone.localdate() + timedelta(days=15))
    site.pass_time(timedelta(hours=23), every=timedelta(hours=1))
    assert site.read_mail() == []
    site.pass_time(timedelta(hours=3), every=timedelta(hours=1))
    assert site.read_mail() == [("fallback", "Nobody is on call: Web")]
    site.pass_time(timedelta(hours=24), every=timedelta(hours=1))
    assert site.read_mail() == [("fallback", "Nobody is on call: Web")]


def test_gap_is_known_to_status_and_admin_until_it_is_over(
    site: World, admin_client: Any, settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.oncall.urls_links"
    schedule = site.add_schedule("ada")
    ends_on = timezone.localdate() + timedelta(days=3)
    schedule.layers.update(ends_on=ends_on)
    add_layer(schedule, "ada", starts_on=ends_on + timedelta(days=1), position=2)
    sweep()
    page = admin_client.get("/admin/errorkit/schedule/").content.decode()
    assert gap_problems() == [
        "Web has nobody on call in 3 days: add people, an override or a fallback."
    ]
    assert "Sat 17 Jan 09:00" in page
    site.wait(days=3)
    assert "nobody on call now" in gap_problems()[0]
    site.wait(days=1)
    assert gap_problems() == []
    assert Schedule.objects.get().next_gap_at is None


def test_gap_is_none_when_there_is_a_fallback(site: World) -> None:
    site.add_schedule()
    ids = site.add_people("ada")
    Schedule.objects.update(fallback_id=ids["ada"], fallback_label="Ada")
    sweep()
    assert gap_problems() == []


def test_next_person_is_told_when_the_account_of_the_present_one_is_switched_off(
    site: World, admin_client: Any, settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.oncall.urls_links"
    schedule = site.add_schedule("ada", "bob")
    LayerMember.objects.filter(position=0).update(label="Ada")
    sweep()
    get_user_model().objects.filter(username="bob").update(is_active=False)
    site.wait(hours=1)
    assert site.read_mail() == [("ada", "You are on call: Web")]
    for page in ("schedule/", "incident/overview/", f"schedule/{schedule.pk}/calendar/"):
        shown = admin_client.get(f"/admin/errorkit/{page}").content.decode()
        assert "Ada" in shown
    get_user_model().objects.filter(username="ada").update(is_active=False)
    site.wait(days=1)
    assert site.read_mail() == [("fallback", "Nobody is on call: Web")]


def test_notice_is_not_lost_when_it_cannot_be_owed(
    site: World,
) -> None:
    site.add_schedule("ada", "bob")
    sweep()
    site.clock.move_to(MONDAY)

    def fail(execute: Any, sql: str, *args: Any) -> Any:
        if sql.startswith("INSERT") and "errorkit_delivery" in sql:
            raise OperationalError("gone")
        return execute(sql, *args)

    with connection.execute_wrapper(fail), pytest.raises(OperationalError):
        sweep()
    sweep()
    assert site.read_mail() == [("ada", "You are on call: Web")]


def test_other_schedules_are_looked_at_when_one_is_broken(site: World) -> None:
    site.add_schedule("ada", name="Broken").layers.update(unit="moons")
    site.add_schedule("bob", "cleo", name="Web")
    sweep()
    site.clock.move_to(MONDAY)
    sweep()
    assert ("bob", "You are on call: Web") in site.read_mail()


def test_step_that_nobody_runs_is_noticed(site: World, admin_client: Any, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.oncall.urls_links"
    schedule = site.add_schedule("ada", "bob")
    site.add_policy(on_call(schedule), channel("oncall"))
    site.fail()
    site.wait(seconds=30)
    site.clock.shift(timedelta(minutes=20))
    assert not Delivery.objects.unfinished().exists()
    [problem] = [each for each in problems_of(look(seconds=20)) if each.code == "no_sweep"]
    assert problem.failing
    for page in ("schedule/", f"schedule/{schedule.pk}/calendar/", "alert/", "incident/overview/"):
        shown = admin_client.get(f"/admin/errorkit/{page}").content.decode()
        assert "Nobody has swept for" in shown


def test_alert_leaves_at_once_when_nobody_sweeps(site: World) -> None:
    site.add_policy(channel("oncall"))
    site.fail()
    assert sweep(deliver=False).delivered == 1
    assert site.readers() == ["fallback"]


def test_alert_is_left_to_the_sweep_when_there_is_one(site: World) -> None:
    sweep()
    site.fail()
    site.clock.shift(59)
    assert not nobody_sweeps(timezone.now())
    assert sweep(deliver=False).delivered == 0
    site.clock.shift(2)
    assert sweep(deliver=False).delivered == 1


def test_forwards_are_not_sent_by_whoever_only_helps_out(site: World) -> None:
    site.fail()
    Delivery.objects.create(key="forward:x", channel="oncall", purpose="forward", expires_at=MONDAY)
    sweep(deliver=False)
    assert Delivery.objects.get(key="forward:x").status == "pending"
    assert not Heartbeat.objects.filter(name="sweep").exists()
