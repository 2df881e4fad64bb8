"""Errorkit's pages in the admin, in a real browser, under the strictest policy there is."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.processes import wait_until
from tests.sites import Site, texts, write_site

pytestmark = [pytest.mark.needs_browser, pytest.mark.starts_sites]

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# Django's own empty cell above the buttons of an inline table.
CONTEXT = {"exclude": [["th.original"]]}
STATIC = """
re_path(r"^static/(?P<path>.*)$", serve, {"insecure": True}),
path("errors/", include("errorkit.urls")),
"""
SETTINGS = {
    "SECURE_CSP": {"default-src": ["'self'"]},
    "ERRORKIT": {
        "CHANNELS": {"sentry": {"BACKEND": "errorkit.delivery.channels.memory.MemoryChannel"}},
        "RELEASE": "1.4.2",
    },
}
SETTINGS_TEXT = """
MIDDLEWARE.append("django.middleware.csp.ContentSecurityPolicyMiddleware")
MIDDLEWARE.insert(4, "django.middleware.locale.LocaleMiddleware")
"""
URLS = f"{texts.URLS}\n{STATIC}"
VIEWS = f"{texts.VIEWS}\nfrom django.contrib.staticfiles.views import serve\n"


def make_shop(path: Any, **options: Any) -> Site:
    site = write_site(path, urls=URLS.replace(" serve,", " views.serve,"), views=VIEWS, **options)
    site.execute("from tests.browser.shop import fill; fill()")
    site.start("gthread")
    return site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = make_shop(
        tmp_path_factory.mktemp("shop"), settings=SETTINGS, settings_text=SETTINGS_TEXT
    )
    yield site
    site.close()


@pytest.fixture(scope="module")
def login(browser: Browser, site: Site) -> dict[str, Any]:
    """The cookies of somebody who has logged in."""
    return log_in(browser, site)


def log_in(browser: Browser, site: Site) -> Any:
    context = browser.new_context()
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{site.url}/admin/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", "admin")
    page.click("[type=submit]")
    page.locator("input[name=password]").wait_for(state="detached")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_tab(browser: Browser, login: Any) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a tab of a certain kind; nothing may run or be refused in it."""
    contexts, complaints = [], []
    expect.set_options(timeout=90_000)

    def refuse(dialog: Dialog) -> None:
        complaints.append(dialog.message)
        dialog.dismiss()

    def open_tab(width: int = 1280, **person: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, storage_state=login, **person
        )
        contexts.append(context)
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", refuse)
        return page

    yield open_tab
    for context in contexts:
        context.close()
    assert [text for text in complaints if "favicon" not in text] == []


@pytest.mark.parametrize(
    ("width", "person"),
    [
        (1280, {"color_scheme": "light", "locale": "en-US"}),
        (320, {"color_scheme": "dark", "locale": "ar"}),
    ],
    ids=["wide light English", "narrow dark Arabic"],
)
def test_every_page_meets_wcag_and_fits_when_it_is_shown(
    open_tab: Callable[..., Page], site: Site, width: int, person: dict[str, Any]
) -> None:
    page = open_tab(width, **person)
    broken = {}
    for name, path in ask_shop(site, "pages").items():
        answer = page.goto(f"{site.url}{path}")
        page.evaluate("document.querySelectorAll('#content details').forEach(it => it.open = true)")
        results = Axe().run(page, context=CONTEXT, options=WCAG)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if answer.status != 200 or results.violations_count or wide > width:
            broken[name] = (answer.status, wide, complaints_of(results))

    assert broken == {}


def test_person_triages_ten_incidents_and_sees_one_come_back(
    open_tab: Callable[..., Page], site: Site
) -> None:
    assert site.get("/boom/").status_code == 500
    wait_until(lambda: count(site, "title__contains='the view failed'"), 60, what="incident")
    page = open_tab()
    act_on_selected(
        page, site, "acknowledge", *(f"shelf {number} is empty" for number in (1, 2, 3, 4))
    )
    expect(page.locator(".messagelist")).to_contain_text("4 incidents acknowledged.")
    act_on_selected(page, site, "merge", "shelf 5 is empty", "shelf 6 is empty")
    expect(page.locator(".messagelist")).to_contain_text("1 incident merged into")
    assert count(site, "title__contains='shelf', status='ignored'") == 1
    page.goto(f"{site.url}/admin/errorkit/incident/?status=ignored")
    page.click("text=/shelf . is empty/")
    page.get_by_role("button", name="Undo the merge").click()
    assert count(site, "title__contains='shelf', status='ignored'") == 0

    open_one(page, site, "shelf 7 is empty")
    page.select_option("#ek-owner", label="admin")
    page.get_by_role("button", name="Assign", exact=True).click()
    page.fill("#ek-text", "Flour is on its way.")
    page.get_by_role("button", name="Save comment").click()
    page.get_by_role("button", name="Snooze").first.click()
    for told in ("Assigned to admin by admin", "Flour is on its way.", "Snoozed by admin"):
        expect(page.locator(".ek-activity").last).to_contain_text(told)
    open_one(page, site, "KeyError: 'voucher'")
    page.get_by_role("button", name="Ignore").first.click()
    expect(page.locator(".ek-line .ek-badge")).to_have_text("ignored")
    open_one(page, site, "the view failed")
    page.get_by_text("More ways to resolve or snooze").click()
    page.fill("#ek-release", "1.4.2")
    page.get_by_role("button", name="Resolve in release").click()
    expect(page.locator(".ek-line .ek-badge")).to_have_text("resolved")

    assert site.get("/boom/").status_code == 500
    wait_until(lambda: count(site, "title__contains='the view failed', status='open'"), 60)
    page.reload()
    expect(page.locator(".ek-line .ek-badge")).to_have_text(["open", "came back"])
    expect(page.locator(".ek-activity").last).to_contain_text("Regressed")


def count(site: Site, which: str) -> int:
    return int(site.evaluate(f"Incident.objects.filter({which}).count()"))


def act_on_selected(page: Page, site: Site, action: str, *titles: str) -> None:
    page.goto(f"{site.url}/admin/errorkit/incident/?status=open")
    for title in titles:
        page.locator("#result_list tr", has_text=title).locator("input").check()
    page.select_option("select[name=action]", action)
    page.locator("button[name=index]").click()


def open_one(page: Page, site: Site, title: str) -> None:
    page.goto(f"{site.url}/admin/errorkit/incident/?status=open")
    page.click(f"text={title}")


def complaints_of(results: Any) -> list[tuple[str, str]]:
    return [
        (each["id"], node["html"][:120])
        for each in results.response["violations"]
        for node in each["nodes"]
    ]


def test_charts_are_tables_when_no_script_runs(open_tab: Callable[..., Page], site: Site) -> None:
    page = open_tab(java_script_enabled=False)
    open_incident(page, site)

    assert page.locator(".ek-plot").count() == 0
    assert page.locator(".ek-data td data:visible").count() > 10


def test_charts_are_drawn_and_tables_folded_when_scripts_run(
    open_tab: Callable[..., Page], site: Site
) -> None:
    page = open_tab()
    open_incident(page, site)

    expect(page.locator(".ek-plot canvas")).to_have_count(2)
    assert page.get_by_role("img", name="Last 30 days: seen").count() == 1
    assert page.locator(".ek-data td data:visible").count() == 0
    colours = "canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
    assert page.locator(".ek-plot canvas").last.evaluate(colours) > 20


def test_paper_shows_all_of_the_failure_and_nothing_to_press(
    open_tab: Callable[..., Page], site: Site
) -> None:
    page = open_tab()
    open_incident(page, site)
    page.click(".ek-summary .ek-reference")
    page.emulate_media(media="print")

    assert page.get_by_text("_get_response").first.is_visible()
    assert page.get_by_text("User-Agent").is_visible()
    for hidden in ("#header", "#nav-sidebar", ".ek-verbs", ".ek-copy"):
        assert page.locator(hidden).count()
        assert not page.locator(f"{hidden}:visible").count()


@pytest.mark.parametrize("typed", ["reference", "request_id", "user_label"])
def test_failure_is_found_when_its_trace_is_typed_into_the_search_box(
    open_tab: Callable[..., Page], site: Site, typed: str
) -> None:
    """A person reads a reference aloud, support has a request ID, or somebody asks what went wrong for Ada."""
    value = site.evaluate(
        f"Occurrence.objects.filter(incident__title__contains='charged').values_list('{typed}', flat=True).first()"
    )
    page = open_tab()
    page.goto(f"{site.url}/admin/errorkit/incident/")
    page.fill("#searchbar", f"user:{value}" if typed == "user_label" else value.lower())
    page.keyboard.press("Enter")

    page.wait_for_url("**/errorkit/**?*" if typed == "user_label" else "**/occurrence/**")
    page.get_by_text("PaymentError").first.wait_for()


def test_nothing_runs_when_every_field_of_every_page_is_hostile(
    open_tab: Callable[..., Page], tmp_path_factory: pytest.TempPathFactory, site: Site
) -> None:
    paths = ask_shop(site, "fill_hostile")
    page = open_tab()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in paths:
        page.goto(f"{site.url}{path}")
        page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
        injected = (
            "img[src='x'], svg[onload], [onclick], [onmouseover], [onfocus], a[href^='javascript']"
        )
        assert page.locator(injected).count() == 0, path

    assert [url for url in asked if not url.startswith(site.url)] == []


def ask_shop(site: Site, question: str) -> Any:
    """Have the site call a function of the shop; return what it returns."""
    code = f"import json; from tests.browser import shop; print(json.dumps(shop.{question}()))"
    return json.loads(site.execute(code))


def open_incident(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/admin/errorkit/incident/")
    page.click("text=The card was not charged")
