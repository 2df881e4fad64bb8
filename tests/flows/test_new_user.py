"""A bare `startproject` site with the two install lines, under real servers."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.flows.views import OUTER_ATOMIC, URLS, VIEWS
from tests.processes import wait_until
from tests.sites import Site

MakeSite = Callable[..., Site]

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
API = {"Accept": "application/json"}
TERMINAL = {"Accept": "text/plain"}
REFERENCE = re.compile(r"^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$")

SEARCH = """
from django.contrib.auth.models import User
from django.test import Client
User.objects.filter(username="staff").exists() or User.objects.create_superuser("staff")
client = Client(raise_request_exception=False)
client.force_login(User.objects.get(username="staff"))
answer = client.get("/admin/errorkit/incident/", {{"q": {term!r}}}, follow=True)
print(answer.status_code, {reference!r} in answer.content.decode())
"""


@pytest.fixture(params=["gthread", "uvicorn"])
def site(request: pytest.FixtureRequest, shared_site: MakeSite) -> Site:
    return shared_site(request.param, server=request.param, views=VIEWS, urls=URLS)


def reference_in(answer: httpx.Response) -> str:
    kind = answer.headers["Content-Type"].partition(";")[0]
    if kind == "text/html":
        found = re.search(r'id="errorkit-reference"[^>]*>\s*([^<\s]+)', answer.text)
        assert found, answer.text
        return found[1]
    if kind == "text/plain":
        found = re.search(r"[0-9A-Z]{5}-[0-9A-Z]{5}", answer.text)
        assert found, answer.text
        return found[0]
    return str(answer.json()["reference"])


def find_occurrence(site: Site, reference: str) -> dict[str, Any]:
    """Return the digested row of a reference; it is there within the time the promise allows."""
    query = (
        f"list(Occurrence.objects.filter(reference={reference!r}, incident__isnull=False)"
        ".values('request_id', 'incident_id', 'title', 'kind', 'route', 'status'))"
    )
    return wait_until(lambda: site.evaluate(query), 15, what=f"{reference} digested")[0]


@pytest.mark.parametrize(
    "path", ["/boom/", "/async-boom/", "/none/", "/atomic-boom/", "/broken-sql/"]
)
@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        (BROWSER, "text/html"),
        (API, "application/json"),
        ({"Accept": "application/problem+json"}, "application/problem+json"),
        (TERMINAL, "text/plain"),
    ],
    ids=["browser", "json", "problem", "text"],
)
def test_failing_view_is_answered_in_the_format_asked_for(
    site: Site, path: str, headers: dict[str, str], kind: str
) -> None:
    answer = site.get(path, headers=headers)

    assert answer.status_code == 500
    assert answer.headers["Content-Type"].partition(";")[0] == kind
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Accept" in answer.headers["Vary"]
    assert REFERENCE.match(reference_in(answer))
    assert "failed" not in answer.text
    assert "hunter2" not in answer.text


def test_problem_body_has_every_member(site: Site) -> None:
    answer = site.get("/boom/", headers=API)
    body = answer.json()

    occurrence = find_occurrence(site, body["reference"])
    assert body["type"] == "about:blank"
    assert (body["title"], body["status"]) == ("Internal Server Error", 500)
    assert body["error"] == "internal_server_error"
    assert body["request_id"] == answer.headers["X-Request-ID"] == occurrence["request_id"]
    assert body["instance"].startswith("urn:uuid:")
    assert body["retryable"] in (True, False)
    assert "debug" not in body


def test_head_has_no_body(site: Site) -> None:
    answer = site.request("HEAD", "/boom/", headers=BROWSER)

    assert (answer.status_code, answer.content) == (500, b"")


def test_failures_of_one_kind_are_one_incident_with_an_exact_count(site: Site) -> None:
    before = site.evaluate(
        "sum(Incident.objects.filter(title__contains='with a session').values_list('times_seen', flat=True))"
    )
    references = [reference_in(site.get("/session-boom/", headers=API)) for _ in range(7)]

    incidents = {find_occurrence(site, reference)["incident_id"] for reference in references}
    assert len(incidents) == 1
    assert site.evaluate(f"Incident.objects.get(pk={incidents.pop()}).times_seen") == before + 7


@pytest.mark.parametrize("by", ["reference", "request_id"])
def test_admin_search_finds_what_the_client_was_told(site: Site, by: str) -> None:
    body = site.get("/boom/", headers=API).json()
    find_occurrence(site, body["reference"])

    said = site.execute(SEARCH.format(term=body[by], reference=body["reference"]))

    assert said.split() == ["200", "True"]


def test_good_request_carries_a_request_id_and_records_nothing(site: Site) -> None:
    answer = site.get("/fine/")

    assert answer.text == "fine"
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])
    assert site.evaluate("Occurrence.objects.filter(path='/fine/').count()") == 0


def test_untrusted_request_id_is_not_taken_over(site: Site) -> None:
    answer = site.get("/fine/", headers={"X-Request-ID": "chosen-by-the-client"})

    assert answer.headers["X-Request-ID"] != "chosen-by-the-client"


def test_answer_that_a_view_gave_on_purpose_is_left_alone(site: Site) -> None:
    answer = site.get("/on-purpose/", headers=BROWSER)

    assert answer.status_code == 500
    assert answer.json() == {"mine": True}


def test_failing_middleware_is_recorded_and_answered(make_site: MakeSite) -> None:
    site = make_site(
        views=VIEWS + OUTER_ATOMIC,
        urls=URLS,
        settings_text='MIDDLEWARE.append("hostsite.views.Fails")',
    )
    site.start("sync")

    answer = site.get("/middleware/", headers=API)

    assert answer.status_code == 500
    assert (
        find_occurrence(site, answer.json()["reference"])["title"]
        == "RuntimeError: the middleware failed"
    )


ROLLBACKS = {
    "sqlite-requests": ("sqlite", "DATABASES['default']['ATOMIC_REQUESTS'] = True"),
    "sqlite-outer": ("sqlite", "MIDDLEWARE.append('hostsite.views.OuterAtomic')"),
    "postgresql-requests": (
        "postgresql",
        "DATABASES['default'].update(ATOMIC_REQUESTS=True, CONN_MAX_AGE=60)",
    ),
    "postgresql-outer": ("postgresql", "MIDDLEWARE.append('hostsite.views.OuterAtomic')"),
    "mariadb-requests": (
        "mariadb",
        "DATABASES['default'].update(ATOMIC_REQUESTS=True, CONN_MAX_AGE=60)",
    ),
}


@pytest.mark.needs_postgresql
@pytest.mark.needs_mariadb
@pytest.mark.parametrize("path", ["/boom/", "/query-then-boom/", "/atomic-boom/", "/broken-sql/"])
@pytest.mark.parametrize("kind", ROLLBACKS)
def test_occurrence_survives_the_hosts_rollback(
    shared_site: MakeSite, kind: str, path: str
) -> None:
    engine, text = ROLLBACKS[kind]
    site = shared_site(
        kind,
        server="gthread",
        engine=engine,
        views=VIEWS + OUTER_ATOMIC,
        urls=URLS,
        settings_text=text,
    )

    answer = site.get(path, headers=API)

    assert answer.status_code == 500
    assert find_occurrence(site, answer.json()["reference"])["status"] == 500


def test_browser_keeps_the_technical_page_under_debug(make_site: MakeSite) -> None:
    site = make_site(views=VIEWS, urls=URLS, settings={"DEBUG": True})
    site.start("gthread")

    page = site.get("/boom/", headers=BROWSER)
    body = site.get("/boom/", headers=API).json()

    assert "Traceback" in page.text
    assert "the view failed" in page.text
    assert page.headers["X-Request-ID"]
    assert body["debug"]["exception"].endswith("RuntimeError")
    assert find_occurrence(site, body["reference"])["route"] == "boom/"


@pytest.mark.trap("T7", "T64")
def test_answer_needs_no_table(make_site: MakeSite) -> None:
    site = make_site(views=VIEWS, urls=URLS, migrate=False)
    site.start("gthread")

    answer = site.get("/query-then-boom/", headers=API)

    assert answer.status_code == 500
    site.manage("migrate", "--verbosity=0")
    if reference := answer.json().get("reference"):
        site.get("/query-then-boom/", headers=API)
        find_occurrence(site, reference)
