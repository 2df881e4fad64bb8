from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core import mail
from django.utils import timezone

from errorkit.models import (
    Alert,
    Delivery,
    EscalationPolicy,
    EscalationStep,
    LayerMember,
    Route,
    Schedule,
)
from errorkit.oncall import escalation
from errorkit.oncall.alerts import owe_alerts
from errorkit.oncall.plans import MOST_REPEATS, Plan, Step, after
from errorkit.oncall.rounds import go_round
from errorkit.sweep import sweep
from tests.delivery.factories import make_change, make_incident
from tests.oncall.world import (
    World,
    acknowledge,
    add_way,
    alert_of,
    channel,
    on_call,
    resolve,
    user,
)


def owed(key: str) -> Delivery:
    return Delivery(key=key, channel="oncall", purpose="alert", expires_at=timezone.now())


def test_fallback_gets_one_mail_when_nothing_is_configured(site: World) -> None:
    site.fail()
    sweep()
    assert site.read_mail() == [("fallback", "[production] opened: ValueError: it failed")]
    site.pass_time(timedelta(days=1), every=timedelta(hours=1))
    assert site.read_mail() == []


def test_person_on_call_is_told_after_the_group_wait(site: World) -> None:
    site.add_policy(on_call(site.add_schedule("ada", "bob")))
    site.fail()
    site.wait(seconds=29)
    assert site.readers() == []
    site.wait(seconds=1)
    assert site.readers() == ["bob"]


def test_person_on_call_is_told_when_the_site_has_no_time_zones(site: World, settings: Any) -> None:
    settings.USE_TZ = False
    site.add_policy(on_call(site.add_schedule("ada", "bob")))
    sweep()
    now = timezone.now().replace(microsecond=0)
    Delivery.objects.all().delete()
    incident = make_incident(first_seen=now, last_seen=now)
    owe_alerts([make_change(incident=incident)], now)
    site.wait(seconds=30)
    assert site.readers() == ["bob"]


def test_fatal_incident_does_not_wait(site: World) -> None:
    site.add_policy(on_call(site.add_schedule("ada", "bob")))
    site.fail(level="fatal")
    sweep()
    assert site.readers() == ["bob"]


def test_next_step_comes_when_nobody_acknowledges(site: World) -> None:
    ids = site.add_people("boss")
    site.add_policy(on_call(site.add_schedule("ada", "bob")), user(ids["boss"]), repeats=0)
    site.fail()
    site.wait(seconds=30)
    site.wait(minutes=9, seconds=59)
    assert site.readers() == ["bob"]
    site.wait(seconds=1)
    assert site.readers() == ["boss"]


@pytest.mark.parametrize("act", [acknowledge, resolve])
def test_nothing_goes_out_after_somebody_acted(site: World, act) -> None:
    ids = site.add_people("boss")
    site.add_policy(
        on_call(site.add_schedule("ada", "bob")), user(ids["boss"]), acknowledge_minutes=0
    )
    incident = site.fail()
    site.wait(seconds=30)
    assert act(incident)
    site.read_mail()
    site.pass_time(timedelta(days=1), every=timedelta(minutes=30))
    assert site.read_mail() == []


def test_step_that_is_owed_is_not_sent_when_somebody_acts_before_it_leaves(site: World) -> None:
    site.add_policy(on_call(site.add_schedule("ada", "bob")))
    incident = site.fail()
    site.clock.shift(30)
    assert go_round(timezone.now()) == 1
    acknowledge(incident)
    sweep()
    assert site.read_mail() == []
    assert Delivery.objects.get().reason == "the incident is acknowledged"


def test_steps_repeat_and_then_come_rarely_while_nobody_acknowledges(site: World) -> None:
    site.add_policy(
        on_call(site.add_schedule("ada", "bob")), repeats=2, repeat_minutes=240, group_wait=0
    )
    incident = site.fail()
    times = []
    start = timezone.now()
    for _ in range(14 * 6):
        sweep()
        times += [round((timezone.now() - start).total_seconds() / 60) for _ in site.readers()]
        site.clock.shift(timedelta(minutes=10))
        # Still going on, so that it does not become quiet.
        type(incident).objects.update(last_seen=timezone.now())
    assert times == [0, 10, 20, 260, 500, 740]


def test_late_repeat_says_that_nobody_has_acknowledged_when_the_policy_does_not_repeat(
    site: World,
) -> None:
    site.add_policy(channel("oncall"), repeats=0, repeat_minutes=60)
    site.fail()
    site.wait(seconds=30)
    site.wait(hours=1)
    assert [subject for _, subject in site.read_mail()] == [
        "[production] opened: ValueError: it failed",
        "[production] still not acknowledged: ValueError: it failed",
    ]


def test_repeats_are_counted_no_further_than_their_column_holds() -> None:
    plan = Plan(steps=(Step(target="channel", id="oncall"),), repeats=1, repeat_minutes=1)
    following = after(plan, step=0, cycle=40_000, repeats=MOST_REPEATS)
    assert (following.repeats, following.cycle, following.wait) == (
        MOST_REPEATS,
        40_001,
        timedelta(minutes=1),
    )


def test_plan_can_be_read_when_a_later_version_wrote_it(site: World) -> None:
    site.add_policy(channel("oncall"))
    alert = alert_of(site.fail())
    later = {**alert.plan, "quorum": 2, "steps": [{**alert.plan["steps"][0], "sound": "loud"}]}
    Alert.objects.update(plan=later)
    site.wait(seconds=30)
    assert site.readers() == ["fallback"]


def test_acknowledged_alert_rests_when_its_plan_is_broken(site: World) -> None:
    site.add_policy(channel("oncall"))
    one, two = site.fail("OneError"), site.fail("TwoError")
    Alert.objects.filter(incident=one).update(plan={"steps": 7})
    acknowledge(one)
    acknowledge(two)
    site.wait(minutes=1)
    assert [alert_of(each).status for each in (one, two)] == ["acknowledged", "acknowledged"]


def test_acknowledgement_expires_and_alerts_again(site: World) -> None:
    site.add_policy(on_call(site.add_schedule("ada", "bob")), acknowledge_minutes=60)
    incident = site.fail()
    site.wait(seconds=30)
    acknowledge(incident)
    site.wait(minutes=1)
    site.read_mail()
    site.wait(minutes=58)
    assert site.readers() == []
    site.wait(minutes=1)
    incident.refresh_from_db()
    assert site.read_mail() == [
        ("bob", "[production] acknowledgement expired: ValueError: it failed")
    ]
    assert (incident.status, incident.generation) == ("open", 1)
    assert incident.activities.get(kind="reopened").text == "The acknowledgement has expired."


@pytest.mark.parametrize("missing", ["gap", "left", "inactive", "deleted", "no address"])
def test_fallback_is_told_when_nobody_can_be_reached(site: World, missing: str) -> None:
    schedule = site.add_schedule("ada")
    site.add_policy(on_call(schedule))
    users = get_user_model().objects
    if missing == "gap":
        schedule.layers.all().delete()
    if missing == "left":
        LayerMember.objects.update(left_at=timezone.now())
    if missing == "inactive":
        users.update(is_active=False)
    if missing == "deleted":
        users.all().delete()
    if missing == "no address":
        users.update(email="")
    site.fail()
    site.wait(seconds=30)
    assert site.readers()[:1] == ["fallback"]


def test_fallback_of_the_schedule_comes_first_when_the_rota_is_empty(site: World) -> None:
    ids = site.add_people("zoe")
    schedule = site.add_schedule()
    Schedule.objects.update(fallback_id=ids["zoe"], fallback_label="Zoe")
    site.add_policy(on_call(schedule))
    site.fail()
    site.wait(seconds=30)
    assert site.readers() == ["zoe"]


def test_policy_without_steps_still_tells_the_fallback(site: World) -> None:
    site.add_policy()
    site.fail()
    site.wait(seconds=30)
    assert site.readers() == ["fallback"]


def test_running_alert_keeps_its_plan_when_the_policy_is_edited(site: World) -> None:
    ids = site.add_people("boss", "other")
    site.add_policy(on_call(site.add_schedule("ada", "bob")), user(ids["boss"]))
    site.fail()
    site.wait(seconds=30)
    EscalationStep.objects.filter(target="user").update(target_id=ids["other"])
    EscalationPolicy.objects.update(repeats=0)
    site.wait(minutes=10)
    assert site.readers() == ["bob", "boss"]


def test_everybody_in_a_group_is_told_once_when_also_on_call(site: World) -> None:
    schedule = site.add_schedule("ada", "bob")
    group = Group.objects.create(name="ops")
    group.user_set.set(get_user_model().objects.all())
    site.add_policy({"target": "group", "target_id": "ops", "wait_minutes": 0}, on_call(schedule))
    site.fail()
    site.wait(seconds=30)
    assert sorted(site.readers()) == ["ada", "bob"]


def test_route_chooses_the_policy_by_what_it_covers(site: World) -> None:
    ids = site.add_people("shop", "rest")
    site.add_policy(user(ids["shop"]), name="Shop", route={"path": "/pay/*", "position": 1})
    site.add_policy(user(ids["rest"]), name="Rest", route={"position": 2})
    site.fail("PayError")
    site.fail("Other", request=None)
    site.wait(seconds=30)
    assert sorted(site.readers()) == ["rest", "shop"]


def test_nobody_is_told_when_the_route_has_no_policy(site: World) -> None:
    Route.objects.create(name="staging", environment="stag*")
    site.fail(environment="staging")
    site.fail("Other")
    site.wait(minutes=1)
    assert site.readers() == ["fallback"]
    assert Alert.objects.count() == 1


def test_ways_of_a_person_are_tried_in_order_each_after_its_delay(site: World) -> None:
    ids = site.add_people("ada")
    add_way(ids["ada"], "first@example.com")
    add_way(ids["ada"], "second@example.com", delay_minutes=5, position=2)
    add_way(ids["ada"], "unverified@example.com", verified_at=None)
    site.add_policy(user(ids["ada"], wait=60))
    site.fail()
    site.wait(seconds=30)
    assert site.readers() == ["first"]
    site.wait(minutes=5)
    assert site.readers() == ["second"]


def test_second_way_is_not_tried_when_the_first_was_answered(site: World) -> None:
    ids = site.add_people("ada")
    add_way(ids["ada"], "first@example.com")
    add_way(ids["ada"], "second@example.com", delay_minutes=5, position=2)
    site.add_policy(user(ids["ada"], wait=60))
    incident = site.fail()
    site.wait(seconds=30)
    acknowledge(incident)
    site.wait(minutes=5)
    assert site.readers() == ["first"]


def test_each_step_runs_once_when_two_sweeps_have_read_the_same_alerts(site: World) -> None:
    site.add_policy(channel("oncall"), group_wait=0)
    for kind in ("OneError", "TwoError", "ThreeError", "FourError"):
        site.fail(kind)
    acknowledge(Alert.objects.order_by("pk")[3].incident)
    read = [list(Alert.objects.select_related("incident").order_by("pk")) for _ in range(2)]
    ran = []
    for sweeper, alerts in enumerate((read[0][:2], read[1])):
        planned = [(each, [owed(f"{sweeper}:{place}")]) for place, each in enumerate(alerts)]
        [(move, mine)] = escalation._by_move(planned)
        ran.append(escalation._run(move, mine, timezone.now()))
    assert ran == [2, 1]
    assert sorted(row.key for row in Delivery.objects.all()) == ["0:0", "0:1", "1:2"]
    assert [alert.cycle for alert in Alert.objects.order_by("pk")] == [2, 2, 2, 1]


def test_others_are_told_when_one_schedule_and_one_alert_are_broken(site: World) -> None:
    broken = site.add_schedule("ada", name="Broken")
    broken.layers.update(unit="moons")
    site.add_policy(on_call(broken), name="One", route={"exception": "One*"}, group_wait=0)
    site.add_policy(
        on_call(site.add_schedule("bob", name="Web")), name="Two", route={}, group_wait=0
    )
    site.fail("One")
    alert = alert_of(site.fail("Two"))
    Alert.objects.filter(pk=alert.pk).update(plan={"steps": [{"nonsense": 1}]})
    site.fail("Three")
    sweep()
    assert sorted(site.read_mail()) == [
        ("bob", "[production] opened: Three: it failed"),
        ("fallback", "Nobody is on call: Broken"),
        ("fallback", "[production] opened: One: it failed"),
    ]
    alert.refresh_from_db()
    assert alert.next_step_at == timezone.now() + escalation.LATER


def test_alert_leaves_when_its_occurrences_are_past_their_retention(site: World) -> None:
    site.add_policy(channel("oncall"))
    incident = site.fail()
    incident.occurrences.all().delete()
    site.wait(seconds=30)
    assert site.read_mail() == [("fallback", "[production] opened: ValueError: it failed")]


def test_alert_closes_and_a_new_one_begins_when_the_incident_regresses(site: World) -> None:
    site.add_policy(channel("oncall"))
    incident = site.fail()
    site.wait(seconds=30)
    resolve(incident)
    site.wait(minutes=1)
    site.fail()
    site.wait(seconds=30)
    assert [subject for _, subject in site.read_mail()] == [
        "[production] opened: ValueError: it failed",
        "[production] regressed: ValueError: it failed",
    ]
    assert [alert.status for alert in Alert.objects.order_by("pk")] == ["closed", "running"]


def test_snoozed_incident_alerts_again_when_its_snooze_ends(site: World) -> None:
    site.add_policy(channel("oncall"))
    incident = site.fail()
    type(incident).objects.update(snoozed_until=timezone.now() + timedelta(hours=1))
    site.wait(minutes=59)
    assert mail.outbox == []
    site.wait(minutes=1)
    assert site.readers() == ["fallback"]
