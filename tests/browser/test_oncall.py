"""On-call as its page of the manual has it, in the admin alone: from nothing to the mail that is acknowledged."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from tests.processes import wait_until
from tests.servers import free_port
from tests.servers.smtp import Mailbox
from tests.sites import VIEWS, Site
from tests.sites.outbound import mail_settings
from tests.sites.texts import URLS

pytestmark = pytest.mark.needs_browser

STATIC_VIEW = """
from django.contrib.staticfiles.views import serve


def static(request, path):
    return serve(request, path, insecure=True)
"""
STATIC_URL = 're_path(r"^static/(?P<path>.*)$", views.static),\n'
# SQLite refuses a transaction that reads first and writes then, as the admin's do, where the sweep writes in between.
IMMEDIATE = 'DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 30}\n'
PEOPLE = """
from django.contrib.auth import get_user_model
users = get_user_model().objects
users.create_superuser("root", "root@example.org", "root")
for name in ("ada", "bob"):
    users.create_user(name, email=f"{name}@example.org")
"""


# A click may have to wait for the sweep and for what else runs on the machine.
expect.set_options(timeout=90_000)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture
def site(make_site: Callable[..., Site], mailbox: Mailbox) -> Site:
    """What the page asks for before it begins: three settings, the URLs, people, and something that sends."""
    port = free_port()
    errorkit = {
        "BASE_URL": f"http://127.0.0.1:{port}",
        "ONCALL_FALLBACK": ["ops@example.org"],
        "SWEEP_SECONDS": 1.0,
    }
    site = make_site(
        settings=mail_settings(mailbox) | {"ERRORKIT": errorkit},
        settings_text=IMMEDIATE,
        views=VIEWS + STATIC_VIEW,
        urls=f'{URLS}{STATIC_URL}path("errorkit/", include("errorkit.urls")),',
    )
    site.port = port
    site.execute(PEOPLE)
    site.start("gthread")
    site.run("manage.py", "errorkit_deliver", "--loop", log="sweeper.log")
    return site


def mail_to(mailbox: Mailbox, address: str, word: str) -> EmailMessage:
    """Wait for the mail."""

    def find() -> EmailMessage | None:
        mine = (each for each in mailbox.messages if each["To"] == address)
        return next((each for each in mine if word in str(each["Subject"])), None)

    return wait_until(find, 120, what=f"{word!r} for {address}")


def open_form(page: Page, site: Site, name: str) -> None:
    """Go there as a person does: from the start of the admin, by the button."""
    page.goto(f"{site.url}/admin/")
    page.locator("#content-main").get_by_role("link", name=name, exact=True).click()
    page.locator(".object-tools a.addlink").click()


def save(page: Page, button: str = "_save") -> None:
    page.locator(f"[name={button}]").click()
    expect(page.locator(".messagelist .success").first).to_be_visible(timeout=30_000)


def test_mail_arrives_and_is_acknowledged_when_the_page_is_followed(
    site: Site, mailbox: Mailbox, page: Page
) -> None:
    page.set_default_timeout(30_000)
    page.goto(f"{site.url}/admin/")
    page.fill("[name=username]", "root")
    page.fill("[name=password]", "root")
    page.click("[type=submit]")
    page.locator("input[name=password]").wait_for(state="detached")

    make_schedule(page, site)
    make_policy_and_route(page, site)
    make_contact_method(page, site, mailbox)

    page.goto(f"{site.url}/boom/")
    reference = page.locator("#errorkit-reference").inner_text()
    alert = mail_to(mailbox, "bob@phone.example", "opened: RuntimeError")
    text = alert.get_body(("plain",)).get_content()
    assert reference in text
    acknowledge(page, text)

    page.goto(f"{site.url}/admin/errorkit/alert/")
    page.get_by_role("link", name="RuntimeError: the view failed").click()
    told = page.get_by_role("region", name="Who was told")
    expect(told).to_contain_text("bob@phone.example")
    expect(told).to_contain_text("accepted")
    assert site.evaluate("Incident.objects.get().status") == "acknowledged"
    subjects = [str(each["Subject"]) for each in mailbox.messages]
    assert len([each for each in subjects if "opened: RuntimeError" in each]) == 1, subjects


def make_schedule(page: Page, site: Site) -> None:
    """A rota of two, and an override by which Bob has it today."""
    open_form(page, site, "Schedules")
    page.fill("#id_name", "Web")
    page.select_option("#id_zone", "Europe/Berlin")
    page.get_by_text("Add another Layer").click()
    page.fill("#id_layers-0-members", "ada\nbob")
    page.fill("#id_layers-0-starts_on", "2026-01-05")
    page.fill("#id_layers-0-handoff_at", "09:00")
    save(page, "_continue")
    page.get_by_text("Add another Override").click()
    page.fill("#id_overrides-0-person", "bob")
    now = datetime.now(UTC)
    for name, moment in (("starts_at", now - timedelta(1)), ("ends_at", now + timedelta(1))):
        page.fill(f"#id_overrides-0-{name}_0", f"{moment:%Y-%m-%d}")
        page.fill(f"#id_overrides-0-{name}_1", f"{moment:%H:%M:%S}")
    save(page, "_continue")
    page.get_by_role("link", name="Calendar", exact=True).click()
    expect(page.locator(".ek-month .ek-today")).to_contain_text("bob")
    page.goto(f"{site.url}/admin/errorkit/schedule/")
    expect(page.locator("#result_list")).to_contain_text("bob (until")


def make_policy_and_route(page: Page, site: Site) -> None:
    open_form(page, site, "Escalation policies")
    page.fill("#id_name", "Default")
    page.fill("#id_group_wait", "1")
    page.select_option("#id_steps-0-target", label="whoever is on call")
    page.select_option("#id_steps-0-schedule", label="Web")
    page.fill("#id_steps-0-wait_minutes", "10")
    save(page)
    open_form(page, site, "Routes")
    page.fill("#id_name", "All")
    page.select_option("#id_policy", label="Default")
    save(page)


def make_contact_method(page: Page, site: Site, mailbox: Mailbox) -> None:
    """Bob's mail address, proven by a code and by a test."""
    address = "bob@phone.example"
    open_form(page, site, "Contact methods")
    page.fill("#id_person", "bob")
    page.fill("#id_address", address)
    save(page, "_continue")
    page.get_by_role("button", name="Send a code").click()
    code = re.search(r"\d{6}", str(mail_to(mailbox, address, "Your code")["Subject"]))
    assert code
    page.fill("#ek-code", code[0])
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("#ek-proof")).to_contain_text("Verified at")
    page.get_by_role("button", name="Send a test").click()
    mail_to(mailbox, address, "Test: alerts reach you here")


def acknowledge(page: Page, text: str) -> None:
    """Open the link of the mail, which only asks; the button does it."""
    link = re.search(r"Acknowledge: (\S+)", text)
    assert link
    page.goto(link[1])
    expect(page.get_by_role("heading", name="Are you on it?")).to_be_visible()
    page.get_by_role("button", name="Acknowledge: I am on it").click()
    expect(page.get_by_role("heading", name="You are on it")).to_be_visible()
    expect(page.get_by_text("Acknowledged by bob.")).to_be_visible()
