"""The overview over the API."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from errorkit.models import Deploy
from errorkit.storage.digest import digest
from tests import factories
from tests.rest.conftest import API


def test_overview_gives_the_numbers_that_the_admin_draws(admin_client: Client):
    for status in (500, 500, 503):
        factories.make_occurrence(status=status, fingerprint=f"v1:{status}")
    digest()
    Deploy.objects.create(release="1.4.2", environment="production", at=timezone.now())
    drawn = admin_client.get("/admin/errorkit/incident/overview/").context["overview"]
    told = admin_client.get(f"{API}/overview/").json()
    assert told["failures"] == drawn.failures == 3
    assert [(it["status_code"], it["times"]) for it in told["totals"]] == [(500, 2), (503, 1)]
    assert [it["incident"]["id"] for it in told["top"]] == [it.incident.pk for it in drawn.top]
    assert len(told["opened"]) == len(drawn.opened) == 2
    assert told["deploys"][0]["deploy"]["release"] == "1.4.2"
    assert told["unresolved"] == 2


@pytest.mark.parametrize("days", [1, 7, 30, 90])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns"])
def test_overview_gives_every_number_that_the_admin_draws(admin_client, settings, days, zone):
    settings.TIME_ZONE = zone
    now = timezone.now()
    for number, hours in enumerate((0, 1, 5, 23, 24, 26, 24 * 6, 24 * 29, 24 * 89)):
        at = now - timedelta(hours=hours)
        status = (500, 502, None)[number % 3]
        factories.make_occurrence(occurred_at=at, status=status, fingerprint=f"v1:{number % 4}")
    digest()
    drawn = admin_client.get(f"/admin/errorkit/incident/overview/?days={days}").context
    told = admin_client.get(f"{API}/overview/?days={days}").json()
    starts = [datetime.fromisoformat(each) for each in told["starts"]]
    assert starts == list(drawn["overview"].starts)
    bars = Counter()
    for row in told["totals"]:
        bars[starts.index(datetime.fromisoformat(row["start"]))] += row["times"]
    (chart,) = drawn["charts"]
    assert [bars[place] for place in range(len(starts))] == [row.total for row in chart.rows]
    assert drawn["failures"] == str(told["failures"]) == str(chart.total)
    assert [row["count"] for row in told["top"]] == [it.count for it in drawn["overview"].top]


def test_overview_tells_when_an_incident_came_back_and_how_fast_people_were(admin_client):
    now = timezone.now()
    incident = factories.make_incident()
    # Over midnight, wherever that is.
    for kind, hours in (("opened", 30), ("acknowledged", 6), ("resolved", 3), ("regressed", 2)):
        at = now - timedelta(hours=hours)
        factories.make_activity(incident, kind=kind, at=at, actor_label="ada")
    drawn = admin_client.get("/admin/errorkit/incident/overview/")
    told = admin_client.get(f"{API}/overview/").json()
    assert told["pace"] == {"acknowledge": 24 * 3600.0, "resolve": 27 * 3600.0}
    (back,) = told["regressed"]
    assert datetime.fromisoformat(back["at"]) == now - timedelta(hours=2)
    assert back["incident"]["id"] == incident.pk
    assert "2\xa0hours ago" in drawn.content.decode()


def test_overview_compares_the_newest_deploy_of_each_environment_whoever_deploys_often(
    admin_client,
):
    now = timezone.now()
    often = [now - timedelta(minutes=number) for number in range(120)]
    deploys = [Deploy(release=f"s{n}", environment="staging", at=at) for n, at in enumerate(often)]
    seldom = Deploy(release="1.4.2", environment="production", at=now - timedelta(days=2))
    Deploy.objects.bulk_create([seldom, *deploys])
    told = admin_client.get(f"{API}/overview/").json()["deploys"]
    assert [row["deploy"]["release"] for row in told] == ["s0", "1.4.2"]
    assert [row["hours"] for row in told] == [0, 24]


def count(start, end):
    """Return what a host's own counter might say."""
    return 400


@pytest.mark.parametrize("counter", [None, "count", "nowhere"])
def test_overview_has_an_error_rate_where_the_host_counts_requests(admin_client, settings, counter):
    path = f"{__name__}.{counter}" if counter else None
    settings.ERRORKIT = {"ENVIRONMENT": "production", "COUNT_REQUESTS": path}
    for number, environment in enumerate(("production", "production", "staging")):
        factories.make_occurrence(environment=environment, fingerprint=f"v1:{number}")
    factories.make_occurrence(status=None, kind="task", fingerprint="v1:task")
    digest()
    drawn = admin_client.get("/admin/errorkit/incident/overview/")
    told = admin_client.get(f"{API}/overview/").json()
    known = counter == "count"
    assert (told["requests"], told["error_rate"]) == ((400, 0.005) if known else (None, None))
    assert drawn.context["overview"].error_rate == told["error_rate"]
    assert ("0.50 %" in drawn.content.decode()) is known


def test_overview_tells_the_problems_that_the_admin_shows(admin_client):
    factories.make_delivery()
    drawn = admin_client.get("/admin/errorkit/incident/overview/").context["problems"]
    told = admin_client.get(f"{API}/overview/").json()["problems"]
    assert [each["code"] for each in told] == [each.code for each in drawn]
    assert told[0]["text"] == "Work is waiting (1 delivery is due) and nobody has ever swept."


def test_overview_answers_400_when_the_span_is_too_long(viewer):
    assert viewer.get(f"{API}/overview/?days=91").status_code == 400
    assert viewer.get(f"{API}/overview/?days=90").status_code == 200
