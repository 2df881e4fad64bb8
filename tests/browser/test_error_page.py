"""The error page as people get it: from a real server, under its real policy, in a real browser."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.processes import wait_until
from tests.sites import Site, texts, write_site

pytestmark = pytest.mark.needs_browser

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LOGO = '<svg viewBox="0 0 32 32" aria-hidden="true"><path fill="#0a7d5a" d="M16 2 30 10v12l-14 8L2 22V10z"/></svg>'
BRAND = {
    "name": "Lindenhof Library",
    "logo": LOGO,
    "colour": "#0a6b4e",
    "colour_dark": "#6fd6ac",
    "support_email": "help@example.org",
    "status_url": "https://status.example.org/",
}
URLS = f"{texts.URLS}\npath('errors/', include('errorkit.urls')),\n"
# Django has this middleware from 6.0 on.
CSP = """
import django
if django.VERSION >= (6,):
    MIDDLEWARE.append("django.middleware.csp.ContentSecurityPolicyMiddleware")
"""
HANDLERS = "\nhandler404 = 'errorkit.responses.handlers.page_not_found'\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = write_site(
        tmp_path_factory.mktemp("page"),
        urls=URLS,
        settings={
            "ERRORKIT": {"BRAND": BRAND},
            # Another policy on every other page; ours has to be the only one on an answer.
            "SECURE_CSP": {"default-src": ["'none'"]},
            "SECURE_CSP_REPORT_ONLY": {"default-src": ["'none'"]},
        },
        settings_text=CSP,
    )
    with (site.path / "hostsite" / "urls.py").open("a") as file:
        file.write(HANDLERS)
    site.start("gthread")
    yield site
    site.close()


@pytest.fixture
def open_page(browser: Any, site: Site) -> Iterator[Callable[..., Any]]:
    """Return a function that opens a path of the site as a certain person."""
    contexts = []

    def open_page(path: str = "/boom/", *, width: int = 1280, **person: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 800}, **person)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(f"{site.url}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("path", "locale", "scheme"),
    [
        ("/boom/", "en-US", "light"),
        ("/boom/", "en-US", "dark"),
        ("/boom/", "ar", "light"),
        ("/boom/", "ar", "dark"),
        ("/no-such-page/", "ja", "light"),
        ("/no-such-page/", "de", "dark"),
    ],
)
def test_page_meets_wcag_when_it_is_shown(
    open_page: Callable[..., Any], path: str, scheme: str, locale: str
) -> None:
    page = open_page(path, color_scheme=scheme, locale=locale)
    if path == "/boom/":
        page.locator("summary").click()

    results = Axe().run(page, options=WCAG)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("path", ["/boom/", "/no-such-page/"])
def test_page_fetches_nothing_and_breaks_no_policy_when_it_is_shown(
    open_page: Callable[..., Any], site: Site, path: str
) -> None:
    page = open_page(path)
    fetched = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")

    assert [url for url in fetched if "favicon" not in url] == []
    # The browser itself says that the status is an error.
    assert [text for text in page.complaints if "Failed to load resource" not in text] == []
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontWeight") == "650"


@pytest.mark.parametrize(
    ("path", "locale"), [("/boom/", "ar"), ("/boom/", "de"), ("/no-such-page/", "ru")]
)
def test_page_needs_no_sideways_scrolling_when_the_window_is_320_pixels_wide(
    open_page: Callable[..., Any], path: str, locale: str
) -> None:
    page = open_page(path, width=320, locale=locale)
    if path == "/boom/":
        page.locator("summary").click()
    # WCAG 1.4.12: more space between lines, letters and words loses nothing either.
    for spacing in (
        "",
        "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }",
    ):
        page.evaluate(
            "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets = [sheet] }",
            spacing,
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_reference_is_selected_whole_when_it_is_clicked(
    open_page: Callable[..., Any], site: Site
) -> None:
    page = open_page("/boom/")
    page.locator("#errorkit-reference").click()

    selected = page.evaluate("getSelection().toString().trim()")
    assert selected == page.locator("#errorkit-reference").inner_text()
    rows = f"Occurrence.objects.filter(reference={selected!r}).count()"
    # The report goes through the spool, because the view had no connection open.
    wait_until(lambda: site.evaluate(rows) == 1, what=f"{selected} in the database")


def test_message_is_saved_when_the_form_is_sent_without_scripts(
    open_page: Callable[..., Any], site: Site
) -> None:
    page = open_page("/boom/", java_script_enabled=False)
    page.locator("summary").click()
    page.fill("textarea", "I wanted to borrow a book.")
    page.click("button")

    assert page.locator("h1").inner_text() == "Thank you"
    assert site.evaluate("list(Feedback.objects.values_list('text', flat=True))") == [
        "I wanted to borrow a book."
    ]


def test_page_can_be_used_with_the_keyboard_when_there_is_no_mouse(
    open_page: Callable[..., Any],
) -> None:
    page = open_page("/boom/")
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))

    assert reached == [
        "Lindenhof Library",
        "Try again",
        "Go to the start page",
        "Current status of the service",
        "Contact us",
        "Tell us what happened",
    ]


def test_staff_see_answers_in_the_live_brand_when_they_open_the_preview(
    open_page: Callable[..., Any], site: Site
) -> None:
    site.execute(
        "from django.contrib.auth import get_user_model\n"
        "get_user_model().objects.create_superuser('ada', password='ada')"
    )
    page = open_page("/admin/login/?next=/errors/preview/", color_scheme="dark")
    page.fill("input[name=username]", "ada")
    page.fill("input[name=password]", "ada")
    page.click("[type=submit]")
    page.locator("h1", has_text="Error answers").wait_for()
    results = Axe().run(page, options=WCAG)
    assert results.violations_count == 0, results.generate_report()

    page.complaints.clear()
    page.select_option("select", "ar")
    page.click("button")
    page.click("tr:has-text('503') a:text-is('html')")
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator(".brand").inner_text() == "Lindenhof Library"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontWeight") == "650"
    assert page.complaints == []


@pytest.mark.parametrize("media", [{"forced_colors": "active"}, {"media": "print"}])
def test_reference_is_visible_when_colours_are_forced_or_the_page_is_printed(
    open_page: Callable[..., Any], media: dict[str, str]
) -> None:
    page = open_page("/boom/")
    page.emulate_media(**media)

    assert page.locator("#errorkit-reference").is_visible()
    assert page.locator("time").is_visible()
