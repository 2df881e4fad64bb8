from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from errorkit.oncall.month import weeks
from errorkit.oncall.rota import Rota
from errorkit.oncall.walltime import zone_of
from tests.oncall.rotas import rotas, turns, wall

BERLIN = zone_of("Europe/Berlin")


def test_month_shows_whole_weeks_when_it_begins_on_a_sunday():
    shown = weeks(Rota(zone=BERLIN), 2026, 3)
    assert [len(week) for week in shown] == [7] * 6
    assert shown[0][0].date == date(2026, 2, 23)
    assert [day.inside for day in shown[0]] == [False] * 6 + [True]


def test_day_has_twenty_three_hours_when_the_clock_jumps():
    anchor = wall("2026-01-05 09:00")
    rota = Rota(zone=BERLIN, layers=(turns("ada", anchor=anchor, step=timedelta(days=7)),))
    days = {day.date: day for week in weeks(rota, 2026, 3) for day in week}
    (shift,) = days[date(2026, 3, 29)].shifts
    assert shift.end - shift.start == timedelta(hours=23)


def test_day_is_shared_when_hands_change_in_it():
    anchor = wall("2026-03-02 09:00")
    rota = Rota(zone=BERLIN, layers=(turns("ada", "bob", anchor=anchor, step=timedelta(days=7)),))
    days = {day.date: day for week in weeks(rota, 2026, 3) for day in week}
    assert [shift.person.label for shift in days[date(2026, 3, 9)].shifts] == ["Ada", "Bob"]


@settings(max_examples=30, deadline=None)
@given(rota=rotas, year=st.integers(2020, 2030), month=st.integers(1, 12))
def test_days_leave_nothing_out_when_the_rota_is_random(rota, year, month):
    planned = [shift for week in weeks(rota, year, month) for day in week for shift in day.shifts]
    assert all(shift.start < shift.end for shift in planned)
    assert all(one.end == two.start for one, two in pairwise(planned))
