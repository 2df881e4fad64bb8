"""The API of a site without time zones: the database holds naive times, the JSON says what they mean."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.utils import timezone

from errorkit.models import Schedule
from tests import factories
from tests.rest.conftest import API


@pytest.fixture(autouse=True)
def site_without_time_zones(settings) -> None:
    settings.USE_TZ = False
    settings.TIME_ZONE = "Asia/Tokyo"


def just_now(text: str) -> bool:
    return abs(datetime.now(UTC) - datetime.fromisoformat(text)) < timedelta(minutes=1)


def test_rows_tell_instants_and_are_found_by_them(viewer) -> None:
    incident = factories.make_incident()
    factories.make_occurrence(incident=incident)
    for path, member in (("incidents", "last_seen"), ("occurrences", "recorded_at")):
        (row,) = viewer.get(f"{API}/{path}/").json()["results"]
        assert just_now(row[member])

    hour_ago, ahead = (
        quote((datetime.now(UTC) + timedelta(hours=hours)).isoformat()) for hours in (-1, 1)
    )
    for query in ("incidents/?seen_since=", "occurrences/?since="):
        assert len(viewer.get(f"{API}/{query}{hour_ago}").json()["results"]) == 1
        assert viewer.get(f"{API}/{query}{ahead}").json()["results"] == []


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("query", ["incidents/?seen_since=", "occurrences/?since="])
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_extreme_time_is_no_failure(viewer, settings, query, moment, zone) -> None:
    settings.TIME_ZONE = zone
    assert viewer.get(f"{API}/{query}{moment}").status_code in {200, 400}


def test_times_are_written_as_they_are_meant(manager) -> None:
    Schedule.objects.create(name="Shop", fallback_id="7", fallback_label="ada")
    end = datetime.now(UTC) + timedelta(hours=2)
    body = {"reason": "we know", "ends_at": end.isoformat()}
    made = manager.post(f"{API}/silences/", body, content_type="application/json").json()
    assert datetime.fromisoformat(made["ends_at"]) == end
    assert just_now(made["starts_at"])
    assert len(manager.get(f"{API}/silences/?active=true").json()["results"]) == 1

    at = datetime.now(UTC) - timedelta(hours=3)
    body = {"release": "1", "at": at.isoformat()}
    told = manager.post(f"{API}/deploys/", body, content_type="application/json").json()
    assert datetime.fromisoformat(told["at"]) == at
    assert timezone.is_naive(timezone.now())


@pytest.mark.parametrize(
    "path", ["overview/", "overview/?days=7", "oncall/", "schedules/", "health/"]
)
def test_summary_is_given(viewer, path) -> None:
    Schedule.objects.create(name="Shop", fallback_id="7", fallback_label="ada")
    answer = viewer.get(API + "/" + path)
    assert answer.status_code == 200
    if "now" in answer.json():
        assert just_now(answer.json()["now"])
