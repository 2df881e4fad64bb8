"""Errorkit's pages in an admin of another make: django-unfold, which brings its own templates and styles."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.test_admin_pages import ask_shop, log_in, make_shop

pytestmark = [pytest.mark.needs_browser, pytest.mark.starts_sites]

SETTINGS_TEXT = """
INSTALLED_APPS.insert(0, "unfold")
"""


def test_every_page_works_when_unfold_is_the_admin(browser: Browser, tmp_path: Any) -> None:
    pytest.importorskip("unfold", reason="django-unfold needs Python 3.12")
    site = make_shop(tmp_path, settings_text=SETTINGS_TEXT)
    try:
        assert look_at_every_page(browser, site) == {}
    finally:
        site.close()


def look_at_every_page(browser: Browser, site: Any) -> dict[str, Any]:
    """Return what is wrong, by the name of the page."""
    context = browser.new_context(storage_state=log_in(browser, site), color_scheme="dark")
    context.set_default_timeout(60_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    wrong = {}
    for name, path in ask_shop(site, "pages").items():
        answer = page.goto(f"{site.url}{path}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        if answer.status != 200 or wide > 1280 or errors:
            wrong[name] = (answer.status, wide, [*errors])
        errors.clear()
    context.close()
    return wrong
