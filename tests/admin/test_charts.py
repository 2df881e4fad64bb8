import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from errorkit.admin import charts
from errorkit.models import Deploy, HourlyCount
from tests.admin.pages import Markup, list_url, page_url
from tests.factories import make_incident

NOW = datetime(2026, 3, 15, 10, 20, tzinfo=UTC)
HOUR = datetime(2026, 3, 15, 10, tzinfo=UTC)


def test_hours_are_counted_from_the_oldest_to_the_current_one() -> None:
    chart = charts.chart_hours({HOUR: 3, HOUR - timedelta(hours=23): 1}, NOW)

    counts = [point.count for point in chart.points]
    assert (len(counts), counts[0], counts[-1], chart.total) == (24, 1, 3, 4)


def test_hour_is_left_out_when_it_is_too_old() -> None:
    assert charts.chart_hours({HOUR - timedelta(hours=24): 7}, NOW).total == 0


def test_days_follow_the_time_zone_when_it_is_not_utc() -> None:
    late = datetime(2026, 3, 14, 23, tzinfo=UTC)

    with timezone.override("Europe/Berlin"):
        chart = charts.chart_days({late: 5}, NOW)

    assert [point.count for point in chart.points][-2:] == [0, 5]
    assert len(chart.points) == 30


def test_days_are_thirty_when_the_clocks_change() -> None:
    with timezone.override("Europe/Berlin"):
        now = datetime(2026, 3, 29, 12, tzinfo=UTC)
        assert charts.chart_days({}, now).points[-1].label
        assert charts.beginning(now) <= now - timedelta(days=29)


def test_small_count_can_be_seen_when_another_is_large() -> None:
    drawing = charts.sparkline({HOUR: 100_000, HOUR - timedelta(hours=1): 1}, NOW)

    bars = re.findall(r'class="ek-bar" d="([^"]*)"', drawing)[0]
    heights = [int(height) for height in re.findall(r"v-(\d+)h", bars)]
    assert heights == [2, 20]


@pytest.mark.django_db
def test_list_draws_the_last_day_and_month_of_each_incident(viewer) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for count in (3, 4):
        HourlyCount.objects.create(incident=make_incident(), hour=hour, count=count)

    markup = Markup(viewer.get(list_url()).content.decode())

    labels = [
        attrs["aria-label"] for tag, attrs in markup.elements if tag == "svg" and attrs.get("role")
    ]
    assert labels == [
        f"Last {span}: seen {count} times" for count in (4, 3) for span in ("24 hours", "30 days")
    ]


def test_hour_names_the_releases_that_were_deployed_in_it() -> None:
    at = HOUR - timedelta(hours=2)
    deploys = [
        Deploy(release="1.4.0", at=at - timedelta(seconds=1)),
        Deploy(release="1.4.1", at=at),
        Deploy(release="1.4.2", at=at + timedelta(minutes=59)),
    ]

    points = charts.chart_hours({}, NOW, deploys=deploys).points

    assert [point.releases for point in points[-4:]] == [("1.4.0",), ("1.4.1", "1.4.2"), (), ()]


@pytest.mark.django_db
def test_page_tells_the_numbers_as_a_table_too(viewer) -> None:
    incident = make_incident()
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    HourlyCount.objects.create(incident=incident, hour=hour, count=41)
    HourlyCount.objects.create(incident=incident, hour=hour - timedelta(days=3), count=17)

    page = viewer.get(page_url(incident)).content.decode()

    assert re.findall(r"<figcaption>(.*?) <strong>(\d+)</strong>", page) == [
        ("Last 24 hours", "41"),
        ("Last 30 days", "58"),
    ]
    assert '<data value="17">17</data>' in page
