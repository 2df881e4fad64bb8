from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from errorkit.models import CalendarFeed
from errorkit.oncall.feeds import make_feed
from tests.oncall.rotas import in_utc
from tests.oncall.stored import make_schedule
from tests.oncall.world import World


@pytest.fixture
def reader(site: World, settings: Any) -> Client:
    settings.ROOT_URLCONF = "tests.oncall.urls_links"
    return Client()


def address(token: str) -> str:
    return f"/errorkit/shifts/{token}.ics"


def test_feed_holds_the_shifts_of_its_person_in_all_schedules(site: World, reader: Client) -> None:
    make_schedule("ada", "bob", name="Web")
    make_schedule("bob", name="Data")
    response = reader.get(address(make_feed("ada", "Ada")))
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    events = icalendar.Calendar.from_ical(response.content).walk("VEVENT")
    assert {str(event["SUMMARY"]) for event in events} == {"On call: Web"}
    assert events[0].start == in_utc(2026, 1, 5, 8)
    assert events[0].end == in_utc(2026, 1, 12, 8)
    assert events[-1].end <= timezone.now() + timedelta(days=181)
    assert len({event["UID"] for event in events}) == len(events)


def test_shift_keeps_its_wall_clock_time_when_the_clocks_change(
    site: World, reader: Client
) -> None:
    make_schedule("ada", "bob")
    response = reader.get(address(make_feed("ada", "Ada")))
    starts = [
        event.start for event in icalendar.Calendar.from_ical(response.content).walk("VEVENT")
    ]
    assert datetime(2026, 3, 16, 8, tzinfo=UTC) in starts
    assert datetime(2026, 3, 30, 7, tzinfo=UTC) in starts


@pytest.mark.parametrize("method", ["get", "head"])
def test_reading_the_feed_writes_nothing(site: World, reader: Client, method: str) -> None:
    link = address(make_feed("ada", "Ada"))
    with CaptureQueriesContext(connection) as queries:
        assert getattr(reader, method)(link).status_code == 200
    assert all(query["sql"].startswith("SELECT") for query in queries)


def test_token_is_nowhere_in_the_database_and_the_old_one_ends(site: World, reader: Client) -> None:
    old, new = make_feed("ada", "Ada"), make_feed("ada", "Ada")
    assert old not in CalendarFeed.objects.get().token_hash
    assert reader.get(address(old)).status_code == 404
    assert reader.get(address(new)).status_code == 200
    assert reader.get(address(CalendarFeed.objects.get().token_hash)).status_code == 404
    assert reader.post(address(new)).status_code == 405
