"""Every page of a site without time zones, whose database holds naive times."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from errorkit.storage.digest import digest
from tests import factories
from tests.admin.test_matrix import MATRIX, NOBODY, rows, url_of, users

__all__ = ["rows", "users"]

PAGES = sorted(name for name, (look, _) in MATRIX.items() if look != NOBODY)
OVERVIEW = "/admin/errorkit/incident/overview/"


@pytest.fixture(autouse=True)
def site_without_time_zones(settings) -> None:
    settings.USE_TZ = False
    settings.TIME_ZONE = "Asia/Tokyo"


@pytest.mark.parametrize("name", PAGES)
def test_page_is_shown_when_the_site_has_no_time_zones(site_without_time_zones, rows, users, name):
    client = Client()
    client.force_login(users["superuser"])

    assert client.get(url_of(name, rows)).status_code in {200, 302}


@pytest.mark.parametrize("days", [1, 7])
def test_overview_counts_hours_and_days_of_the_site(admin_client, days) -> None:
    factories.make_occurrence(occurred_at=timezone.make_aware(timezone.now()))
    digest()

    overview = admin_client.get(OVERVIEW, {"days": days}).context["overview"]

    assert overview.failures == 1
    assert {total.start for total in overview.totals} <= set(overview.starts)
    assert timezone.now() - overview.starts[-1] < timedelta(days=1)


def test_list_draws_what_was_counted_today(admin_client) -> None:
    factories.make_occurrence(occurred_at=timezone.make_aware(timezone.now()))
    digest()

    html = admin_client.get("/admin/errorkit/incident/").content.decode()

    assert "Last 30 days: seen once" in html
    assert f'datetime="{timezone.now():%Y-%m-%d}' in html
