"""The demo as a visitor and a colleague on duty use it: every button, then the admin."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from project.running import running_demo
from project.ways import WAYS

pytestmark = pytest.mark.needs_browser

PAGES = [way for way in WAYS if not way.post and way.name != "api"]
REFERENCE = re.compile(r"[0-9A-Z]{5}-[0-9A-Z]{5}")


@pytest.fixture(scope="module")
def url(tmp_path_factory) -> Iterator[str]:
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo.url
        assert demo.process.poll() is None, demo.last_words()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which nothing may be blocked by the policy or fail in a script."""
    context.set_default_timeout(60_000)
    expect.set_options(timeout=90_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    yield page
    assert complaints == []


def log_in(page: Page, url: str) -> None:
    page.goto(f"{url}/admin/login/?next=/admin/errorkit/incident/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", "admin")
    page.click("[type=submit]")
    page.locator("input[name=password]").wait_for(state="detached")


def fail(page: Page, url: str, name: str) -> str:
    """Press the button of the start page; return the reference that the visitor sees."""
    page.goto(url)
    page.click(f"#fail-{name}")
    return page.locator("#errorkit-reference").inner_text()


def fail_until_counted(page: Page, url: str, name: str) -> str:
    """Fail, and wait until the start page, which follows by itself, shows the incident."""
    reference = fail(page, url, name)
    page.goto(url)
    outcome = page.locator(".outcome", has_text=reference)
    expect(outcome.locator("a[href^='/admin/errorkit/incident/']")).to_be_visible()
    return reference


@pytest.mark.parametrize("way", [way.name for way in PAGES if way.incident])
def test_button_leads_to_a_page_with_a_reference_and_its_outcome(page, url, way) -> None:
    reference = fail(page, url, way)

    assert REFERENCE.fullmatch(reference)
    page.goto(url)
    outcome = page.locator(".outcome", has_text=reference)
    expect(outcome.get_by_text("open", exact=True)).to_be_visible()


@pytest.mark.parametrize("way", [way.name for way in PAGES if not way.incident])
def test_button_leads_to_a_page_without_a_reference_when_nothing_is_broken(page, url, way) -> None:
    page.goto(url)
    page.click(f"#fail-{way}")

    expect(page.locator("h1")).to_be_visible()
    assert page.locator("#errorkit-reference").count() == 0


def test_api_answer_is_problem_json_with_a_reference_when_the_drf_view_fails(page, url) -> None:
    page.goto(url)
    page.click("#fail-api")

    exchange = page.locator(".exchange").inner_text()
    assert "500 Internal Server Error" in exchange
    assert "application/problem+json" in exchange
    assert re.search(r'"reference": "[0-9A-Z]{5}-[0-9A-Z]{5}"', exchange)


def test_task_becomes_an_incident_with_a_mail_when_it_fails_in_the_worker(page, tmp_path) -> None:
    # A demo of its own: after five alerts within five minutes, the next ones wait for a common mail.
    with running_demo(tmp_path / "demo") as demo:
        fail_in_the_worker(page, demo.url)


def fail_in_the_worker(page: Page, url: str) -> None:
    page.goto(url)
    page.click("#fail-task")

    outcome = page.locator(".outcome", has_text="KeyError: 'cake'").first
    expect(outcome.get_by_text("oncall: accepted")).to_be_visible()
    outcome.locator("a[href^='/mail/']").click()

    mail = page.frame_locator("iframe")
    expect(mail.get_by_role("heading", name="KeyError: 'cake'")).to_be_visible()
    expect(mail.get_by_role("link", name="Open the incident")).to_have_attribute(
        "href", re.compile(rf"^{url}/admin/errorkit/incident/")
    )


def test_start_page_follows_by_itself_when_something_fails(page, url, browser: Browser) -> None:
    page.goto(url)
    other = browser.new_page()
    reference = fail(other, url, "async")
    other.close()

    expect(page.locator(".outcome", has_text=reference)).to_be_visible()


def test_incident_is_found_read_and_resolved_when_one_has_the_reference(page, url) -> None:
    reference = fail_until_counted(page, url, "chained")
    log_in(page, url)

    page.fill("#searchbar", reference.lower().replace("-", " "))
    page.press("#searchbar", "Enter")

    expect(page.locator(".ek-headline .ek-reference")).to_have_text(reference)
    request_id = page.locator(".ek-summary code").inner_text()
    page.get_by_role("link", name="PaymentError").last.click()
    for text in ("PaymentError", "TimeoutError", "Third of three attempts."):
        expect(page.get_by_text(text).first).to_be_visible()
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.locator(".ek-line .ek-badge")).to_have_text("resolved")
    expect(page.locator(".ek-activity").last).to_contain_text("Resolved by admin")

    page.goto(f"{url}/admin/errorkit/incident/")
    page.fill("#searchbar", request_id)
    page.press("#searchbar", "Enter")
    expect(page.locator(".ek-headline .ek-reference")).to_have_text(reference)


def test_words_of_a_visitor_are_beside_the_incident_when_the_form_was_sent(page, url) -> None:
    fail_until_counted(page, url, "plain")
    reference = fail(page, url, "plain")
    page.locator("summary").click()
    page.fill("textarea", "I only wanted a cake.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("h1")).to_have_text("Thank you")
    expect(page.locator("#errorkit-reference")).to_have_text(reference)

    log_in(page, url)
    page.click("text=ZeroDivisionError")
    expect(page.get_by_text("I only wanted a cake.")).to_be_visible()
    page.goto(f"{url}/errorkit/preview/")
    page.click("tr:has-text('503') a:text-is('html')")
    expect(page.locator("h1")).to_have_text("Sorry, the service is not available right now")


def test_incident_opens_again_when_it_fails_after_it_was_resolved(page, url) -> None:
    fail_until_counted(page, url, "middleware")
    log_in(page, url)
    page.click("text=AttributeError")
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.locator(".ek-line .ek-badge")).to_have_text("resolved")
    incident = page.url

    fail(page, url, "middleware")
    page.goto(incident)

    def reopened() -> bool:
        page.reload()
        return page.locator(".ek-line .ek-badge").all_inner_texts() == ["open", "came back"]

    assert poll(page, reopened)


def test_incident_is_owned_discussed_and_rests_when_a_colleague_says_so(page, url) -> None:
    fail_until_counted(page, url, "plain")
    log_in(page, url)
    page.click("text=ZeroDivisionError")

    page.select_option("#ek-owner", label="admin")
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.locator(".ek-activity").last).to_contain_text("Assigned to admin by admin")
    page.fill("#ek-text", "Happens when nobody comes.")
    page.get_by_role("button", name="Save comment").click()
    expect(page.locator(".ek-activity").last).to_contain_text("Happens when nobody comes.")
    page.get_by_role("button", name="Snooze").first.click()
    expect(page.locator(".ek-line")).to_contain_text("snoozed until")
    page.get_by_role("button", name="Wake").click()
    expect(page.locator(".ek-line")).not_to_contain_text("snoozed until")
    page.get_by_text("Copy as Markdown").click()
    expect(page.get_by_role("button", name="Copy", exact=True).first).to_be_visible()


def test_incidents_become_one_and_two_again_when_merged_and_split(page, url) -> None:
    fail_until_counted(page, url, "plain")
    fail_until_counted(page, url, "async")
    log_in(page, url)
    for title in ("ZeroDivisionError", "KeyError: 'right'"):
        page.locator("#result_list tr", has_text=title).locator("input").check()
    page.select_option("select[name=action]", "merge")
    page.locator("button[name=index]").click()
    expect(page.locator(".messagelist")).to_contain_text("1 incident merged into")

    page.goto(f"{url}/admin/errorkit/incident/?status=ignored")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("button", name="Undo the merge").click()
    expect(page.locator(".messagelist")).to_contain_text("an incident of its own again")


def poll(page: Page, condition, *, times: int = 120) -> bool:
    for _ in range(times):
        if condition():
            return True
        page.wait_for_timeout(250)
    return False


@pytest.mark.parametrize("path", ["/", "/answer/api/", "/fail/plain/", "/admin/errorkit/incident/"])
def test_page_needs_no_sideways_scrolling_when_the_screen_is_narrow(page, url, path) -> None:
    fail(page, url, "plain")
    log_in(page, url)
    page.set_viewport_size({"width": 320, "height": 700})

    page.goto(f"{url}{path}")

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
