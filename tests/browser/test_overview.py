"""The overview with 90 days of failures, as a colleague on duty opens it."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.sites import Site, write_site

pytestmark = pytest.mark.needs_browser

# On a machine of its own it takes about half a second; tests share one.
MOST = 10_000

# Nothing moves after the charts are drawn, so the frame after the load is the last one.
LAST_PAINT = """() => new Promise(done => {
    const told = () => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
    document.readyState === "complete" ? told() : addEventListener("load", told);
})"""

URLS = """
path("errorkit/", include("errorkit.urls")),
path("static/<path:path>", views.serve, {"insecure": True}),
"""
# What a web server in front would do.
VIEWS = "from django.contrib.staticfiles.views import serve"

NINETY_DAYS = """
import itertools
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.utils import timezone
from errorkit.models import HourlyTotal
get_user_model().objects.create_superuser("admin", password="admin")
hour = timezone.now().replace(minute=0, second=0, microsecond=0)
HourlyTotal.objects.bulk_create(
    HourlyTotal(hour=hour - timedelta(hours=ago), environment=environment, status_code=code, count=code % 7 + ago % 5 + 1)
    for ago, environment, code in itertools.product(
        range(24 * 89), ("production", "staging"), (0, 500, 502, 503)
    )
)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = write_site(tmp_path_factory.mktemp("overview"), urls=URLS, views=VIEWS)
    site.start("gthread")
    site.execute(NINETY_DAYS)
    yield site
    site.close()


def log_in(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/admin/login/?next=/admin/errorkit/incident/overview/%3Fdays=90")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", "admin")
    page.click("[type=submit]")
    page.wait_for_url("**/overview/**", timeout=90_000)


def test_overview_of_90_days_is_drawn_soon_and_says_what_the_api_says(page, site) -> None:
    log_in(page, site)
    page.reload()
    took = page.evaluate(LAST_PAINT)

    expect(page.locator("canvas")).to_have_count(2, timeout=30_000)
    assert took < MOST
    shown = page.locator(".ek-summary dd").first.inner_text().replace(",", "")
    page.goto(f"{site.url}/errorkit/api/overview/?days=90")
    told = json.loads(page.locator("pre").inner_text())
    assert int(shown) == told["failures"]
    assert len(told["starts"]) == 90
