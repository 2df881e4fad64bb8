import pytest

pytestmark = pytest.mark.needs_browser


def test_browser_shows_the_admin_login_when_a_site_is_served(make_site, page) -> None:
    site = make_site(errorkit=False)
    site.start("sync")

    page.goto(f"{site.url}/admin/")

    assert page.locator("input[name=username]").is_visible()
