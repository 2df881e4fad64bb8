from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from errorkit.oncall.rota import (
    Hours,
    Member,
    Override,
    Rota,
    gaps,
    now_and_next,
    owner_at,
    shifts,
)
from errorkit.oncall.walltime import resolve, zone_of
from tests.oncall.rotas import (
    FIRST,
    YEARS,
    ZONES,
    in_utc,
    instants,
    nine_to_five,
    person,
    rotas,
    turns,
    wall,
)

BERLIN = zone_of("Europe/Berlin")
DAY = timedelta(days=1)


def names(rota, *times):
    return [owner.label if (owner := owner_at(rota, at)) else None for at in times]


def assert_covers(planned, start, end):
    """Each instant has exactly one shift: they touch, are not empty, and change hands."""
    assert planned[0].start == start
    assert planned[-1].end == end
    assert all(shift.start < shift.end for shift in planned)
    assert all(one.end == two.start for one, two in pairwise(planned))
    assert all(one.person != two.person for one, two in pairwise(planned))


@settings(max_examples=150, deadline=None)
@given(
    rota=rotas,
    start=instants,
    length=st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=60)),
    at=st.integers(0, 999),
)
def test_each_instant_has_one_owner_when_the_rota_is_random(rota, start, length, at):
    planned = list(shifts(rota, start, start + length))
    instant = start + length * at / 1000
    holders = [shift.person for shift in planned if shift.start <= instant < shift.end]
    assert_covers(planned, start, start + length)
    assert holders == [owner_at(rota, instant)]


@settings(max_examples=15, deadline=None)
@given(
    zone=st.sampled_from(ZONES).map(zone_of),
    days=st.integers(1, 21),
    time_of_day=st.times(),
    count=st.integers(2, 5),
)
def test_turns_are_exact_when_counted_one_by_one_for_ten_years(zone, days, time_of_day, count):
    anchor = datetime.combine(FIRST, time_of_day.replace(microsecond=0))
    people = [f"p{number}" for number in range(count)]
    rota = Rota(zone=zone, layers=(turns(*people, anchor=anchor, step=days * DAY),))
    start, end = resolve(anchor, zone), resolve(anchor + YEARS, zone)
    planned = list(shifts(rota, start, end))
    expected = [resolve(anchor + turn * days * DAY, zone) for turn in range(len(planned))]
    assert_covers(planned, start, end)
    assert [shift.start for shift in planned] == expected
    assert [shift.person.user_id for shift in planned] == [
        people[turn % count] for turn in range(len(planned))
    ]


@settings(deadline=None)
@given(rota=rotas, at=instants)
def test_next_shift_begins_with_the_end_of_the_present_one(rota, at):
    present, following = now_and_next(rota, at)
    assert present.person == owner_at(rota, at)
    assume(following)
    assert following.start == present.end
    assert following.person == owner_at(rota, following.start)


def test_weekly_shift_loses_and_gains_an_hour_when_the_clocks_change():
    anchor = wall("2026-03-22 02:30")
    rota = Rota(zone=BERLIN, layers=(turns("ada", "bob", anchor=anchor, step=7 * DAY),))
    planned = list(shifts(rota, resolve(anchor, BERLIN), resolve(anchor + 35 * 7 * DAY, BERLIN)))
    assert {shift.end - shift.start for shift in planned} == {
        7 * DAY - timedelta(minutes=30),
        7 * DAY,
        7 * DAY + timedelta(hours=1),
    }


def test_hourly_turn_is_left_out_when_the_clock_skips_it():
    anchor = wall("2026-03-29 00:00")
    rota = Rota(
        zone=BERLIN,
        layers=(turns("ada", "bob", "cleo", anchor=anchor, step=timedelta(hours=1)),),
    )
    planned = shifts(rota, resolve(anchor, BERLIN), resolve(anchor + timedelta(hours=5), BERLIN))
    assert [(shift.person.label, shift.end - shift.start) for shift in planned] == [
        ("Ada", timedelta(hours=1)),
        ("Bob", timedelta(hours=1)),
        ("Ada", timedelta(hours=1)),
        ("Bob", timedelta(hours=1)),
    ]


def test_nobody_else_moves_when_somebody_leaves():
    layer = turns("ada", "bob", "cleo", anchor=wall("2026-01-05 09:00"), step=7 * DAY)
    mondays = [in_utc(2026, 1, 6) + week * 7 * DAY for week in range(6)]
    before = names(Rota(zone=BERLIN, layers=(layer,)), *mondays)
    left = Member(person=person("bob"), left_at=in_utc(2026, 1, 20))
    members = (layer.members[0], left, layer.members[2])
    rota = Rota(zone=BERLIN, layers=(replace(layer, members=members),))
    assert before == ["Ada", "Bob", "Cleo", "Ada", "Bob", "Cleo"]
    assert names(rota, *mondays) == ["Ada", "Bob", "Cleo", "Ada", "Cleo", "Cleo"]


def test_shift_passes_on_at_once_when_its_owner_leaves_in_the_middle():
    layer = turns("ada", "bob", anchor=wall("2026-01-05 09:00"), step=7 * DAY)
    leaver = Member(person=person("ada"), left_at=in_utc(2026, 1, 7, 12))
    rota = Rota(zone=BERLIN, layers=(replace(layer, members=(leaver, layer.members[1])),))
    assert names(rota, in_utc(2026, 1, 7, 11, 59, 59), in_utc(2026, 1, 7, 12)) == ["Ada", "Bob"]


def test_latest_override_wins_when_two_overlap():
    layer = turns("ada", anchor=wall("2026-01-05 09:00"), step=7 * DAY)
    long = Override(start=in_utc(2026, 2, 1), end=in_utc(2026, 2, 9), person=person("bob"))
    short = Override(start=in_utc(2026, 2, 3), end=in_utc(2026, 2, 4), person=person("cleo"))
    rota = Rota(zone=BERLIN, layers=(layer,), overrides=(long, short))
    planned = shifts(rota, in_utc(2026, 1, 31), in_utc(2026, 2, 10))
    assert [shift.person.label for shift in planned] == ["Ada", "Bob", "Cleo", "Bob", "Ada"]


def test_second_layer_takes_over_when_the_first_has_nobody():
    day = turns("ada", anchor=wall("2026-01-05 00:00"), step=7 * DAY, hours=nine_to_five())
    night = turns("bob", anchor=wall("2026-01-05 00:00"), step=7 * DAY)
    rota = Rota(zone=BERLIN, layers=(day, night))
    monday_noon, monday_night, sunday_noon = (
        in_utc(2026, 1, 12, 11),
        in_utc(2026, 1, 12, 22),
        in_utc(2026, 1, 18, 11),
    )
    assert names(rota, monday_noon, monday_night, sunday_noon) == ["Ada", "Bob", "Bob"]


def test_hours_belong_to_the_day_they_start_on_when_they_pass_midnight():
    friday_night = Hours(weekdays=frozenset({4}), start=time(22), end=time(6))
    layer = turns("ada", anchor=wall("2026-01-01 00:00"), step=7 * DAY, hours=friday_night)
    rota = Rota(zone=zone_of("UTC"), layers=(layer,))
    times = in_utc(2026, 1, 9, 21), in_utc(2026, 1, 9, 23), in_utc(2026, 1, 10, 5)
    assert names(rota, *times, in_utc(2026, 1, 10, 23)) == [None, "Ada", "Ada", None]


def test_gap_is_reported_when_a_layer_ends():
    layer = turns(
        "ada", anchor=wall("2026-01-05 09:00"), step=7 * DAY, end=wall("2026-01-10 09:00")
    )
    rota = Rota(zone=zone_of("UTC"), layers=(layer,))
    found = gaps(rota, in_utc(2026, 1, 6), in_utc(2026, 1, 20))
    assert [(gap.start, gap.end) for gap in found] == [
        (in_utc(2026, 1, 10, 9), in_utc(2026, 1, 20))
    ]


def test_day_begins_once_when_the_clock_is_set_back_over_midnight():
    # At 00:01 on November 7 the clock went back to 23:01 on the 6th.
    sunday = Hours(weekdays=frozenset({6}))
    layer = turns("ada", anchor=wall("2010-01-01 00:00"), step=7 * DAY, hours=sunday)
    rota = Rota(zone=zone_of("America/St_Johns"), layers=(layer,))
    first, second = in_utc(2010, 11, 7, 2, 30), in_utc(2010, 11, 7, 3, 0)
    planned = list(shifts(rota, in_utc(2010, 11, 7), in_utc(2010, 11, 7, 12)))
    assert [shift.start for shift in planned] == [in_utc(2010, 11, 7), first]
    assert names(rota, first, second) == ["Ada", "Ada"]


def test_nobody_is_on_call_before_the_layer_begins():
    rota = Rota(zone=BERLIN, layers=(turns("ada", anchor=wall("2026-01-05 09:00"), step=DAY),))
    assert names(rota, in_utc(2026, 1, 5, 7, 59, 59), in_utc(2026, 1, 5, 8)) == [None, "Ada"]
