"""Take the pictures of README and manual from the running demo: `python -m project.screenshots [FOLDER]`."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from project.running import running_demo

TARGET = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 375, "height": 780}
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]

Scheme = Literal["light", "dark"]

LOOKS: tuple[tuple[str, Scheme, dict[str, int]], ...] = (
    ("light", "light", WIDE),
    ("dark", "dark", WIDE),
    ("narrow", "light", NARROW),
)


def main() -> None:
    """Run the demo, fail in every way, and write a picture of each page in each look."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.mkdir(parents=True, exist_ok=True)
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        tempfile.TemporaryDirectory(prefix="errorkit-demo-") as folder,
        running_demo(Path(folder)) as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, args=OPTIONS)
        fail_in_every_way(browser, demo.url)
        environment = {**os.environ, "ERRORKIT_DEMO_DIR": folder}
        subprocess.run([sys.executable, "-m", "project.past"], env=environment, check=True)
        for look, scheme, size in LOOKS:
            take(browser, demo.url, target, look=look, scheme=scheme, size=size)
        browser.close()


def fail_in_every_way(browser: Browser, url: str) -> None:
    """Make a list worth a look: some failures once, some often."""
    page = browser.new_context().new_page()
    for name, times in (("plain", 5), ("api", 3), ("middleware", 2), ("async", 1), ("chained", 1)):
        for _ in range(times):
            page.goto(f"{url}/answer/{name}/")
    page.goto(url)
    page.click("#fail-task")
    expect(page.locator(".outcome h3", has_text="cake")).to_be_visible(timeout=90_000)
    page.goto(f"{url}/fail/chained/")
    page.goto(url)
    expect(page.locator(".outcome", has_text="accepted").first).to_be_visible(timeout=90_000)
    page.wait_for_function(
        "() => !document.body.innerText.includes('being counted') && !document.body.innerText.includes(': pending')",
        timeout=90_000,
    )
    _log_in(page, url)
    page.goto(f"{url}/admin/errorkit/incident/")
    page.click("text=KeyError: 'cake'")
    page.get_by_role("button", name="Acknowledge").click()
    page.context.close()


def take(
    browser: Browser, url: str, target: Path, *, look: str, scheme: Scheme, size: dict[str, int]
) -> None:
    """Write all pages in one look."""
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme=scheme,
        locale="en-US",
        device_scale_factor=1,
    )
    page = context.new_page()

    def shoot(name: str, *, full: bool = False) -> None:
        page.screenshot(path=target / f"{name}-{look}.png", full_page=full)

    page.goto(url)
    shoot("start", full=True)
    page.goto(f"{url}/answer/api/")
    shoot("api")
    page.goto(f"{url}/fail/chained/")
    shoot("error-page")
    page.click(".feedback > summary")
    shoot("feedback", full=True)
    page.goto(url)
    page.click(".outcome a[href^='/mail/']")
    page.wait_for_load_state("networkidle")
    shoot("mail")
    _log_in(page, url)
    page.goto(f"{url}/errorkit/preview/")
    shoot("preview")
    page.goto(f"{url}/admin/errorkit/incident/")
    shoot("incidents")
    page.goto(f"{url}/admin/errorkit/incident/overview/")
    shoot("overview", full=True)
    page.goto(f"{url}/admin/errorkit/incident/")
    page.click("text=PaymentError")
    shoot("incident", full=True)
    page.click(".ek-table .ek-reference")
    shoot("occurrence")
    context.close()


def _log_in(page: Page, url: str) -> None:
    page.goto(f"{url}/admin/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", "admin")
    page.click("[type=submit]")


if __name__ == "__main__":
    main()
