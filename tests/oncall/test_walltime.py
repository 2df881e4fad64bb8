from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errorkit.oncall.walltime import is_zone, resolve, zone_of
from tests.oncall.rotas import YEARS, ZONES, in_utc, wall, walls


@pytest.mark.parametrize(
    ("zone", "moment", "instant"),
    [
        ("Europe/Berlin", wall("2026-07-01 09:00"), in_utc(2026, 7, 1, 7)),
        ("Europe/Berlin", wall("2026-03-29 02:30"), in_utc(2026, 3, 29, 1)),
        ("Europe/Berlin", wall("2026-10-25 02:30"), in_utc(2026, 10, 25, 0, 30)),
        ("Australia/Lord_Howe", wall("2026-10-04 02:15"), in_utc(2026, 10, 3, 15, 30)),
        ("Pacific/Apia", wall("2011-12-30 12:00"), in_utc(2011, 12, 30, 10)),
        ("UTC", wall("2026-03-29 02:30"), in_utc(2026, 3, 29, 2, 30)),
    ],
    ids=["plain", "skipped hour", "hour that comes twice", "half hour", "skipped day", "no change"],
)
def test_instant_is_the_first_possible_when_the_clock_changes(zone, moment, instant):
    assert resolve(moment, zone_of(zone)) == instant


@given(zone=st.sampled_from(ZONES), moment=walls, later=st.timedeltas(timedelta(0), YEARS))
def test_instants_never_go_back_when_the_wall_clock_advances(zone, moment, later):
    assert resolve(moment, zone_of(zone)) <= resolve(moment + later, zone_of(zone))


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "", "Europe", "../../etc/passwd", "a\0b", "x" * 300]
)
def test_zone_is_utc_when_the_name_is_unknown(name):
    assert not is_zone(name)
    assert zone_of(name) is UTC
