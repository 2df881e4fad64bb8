"""What stands around errorkit in a site: its limits, other middleware, its policies, and its own code that errorkit calls."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.test import Client, override_settings
from django.urls import path

from errorkit.models import Occurrence
from tests.middleware.views import fail, fine

JSON = "application/json"
OURS = "errorkit.middleware.ErrorkitMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"
LOCALE = "django.middleware.locale.LocaleMiddleware"
DJANGO_CSP = "csp.middleware.CSPMiddleware"


def reads_form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.POST)))


def fails_after_reading(request: HttpRequest) -> HttpResponse:
    request.read(3)
    raise ValueError("half of the body is gone")


class Site:
    urlpatterns = [
        path("fail/", fail),
        path("fine/", fine),
        path("form/", reads_form),
        path("half/", fails_after_reading),
        path("unchanged/", lambda request: HttpResponseNotModified()),
        *i18n_patterns(path("translated/", fine)),
    ]
    handler400 = "errorkit.responses.handlers.bad_request"
    handler404 = "errorkit.responses.handlers.page_not_found"


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.ROOT_URLCONF = Site


def raises(*_: object) -> None:
    raise RuntimeError("the site's own rule")


@pytest.mark.trap("T3")
@pytest.mark.parametrize("key", ["FINGERPRINT", "IGNORE", "BRAND"])
@pytest.mark.django_db
def test_answer_goes_out_when_the_sites_own_code_in_errorkit_raises(
    visitor: Client, key: str
) -> None:
    rule: Any = f"{__name__}.raises"
    with override_settings(ERRORKIT={key: [rule] if key == "IGNORE" else rule}):
        response = visitor.get("/fail/", HTTP_ACCEPT=JSON)

    assert response.status_code == 500
    assert json.loads(response.content)["reference"] == Occurrence.objects.get().reference


@pytest.mark.trap("T29")
@pytest.mark.parametrize(
    ("limit", "status"),
    [("DATA_UPLOAD_MAX_NUMBER_FIELDS", 400), ("DATA_UPLOAD_MAX_MEMORY_SIZE", 413)],
)
@pytest.mark.django_db
def test_body_is_refused_without_an_incident_when_it_is_over_the_sites_limits(
    visitor: Client, settings: Any, limit: str, status: int
) -> None:
    setattr(settings, limit, 2)
    body = "a=1&b=2&c=3"
    response = visitor.post(
        "/form/", body, content_type="application/x-www-form-urlencoded", HTTP_ACCEPT=JSON
    )

    assert response.status_code == json.loads(response.content)["status"] == status
    assert not Occurrence.objects.exists()


@pytest.mark.trap("T29")
@pytest.mark.django_db
def test_failure_is_answered_when_half_of_the_body_has_been_read(visitor: Client) -> None:
    response = visitor.post("/half/", {"a": "1"}, HTTP_ACCEPT=JSON)

    assert response.status_code == 500
    assert json.loads(response.content)["reference"] == Occurrence.objects.get().reference


@pytest.mark.trap("T33")
@pytest.mark.parametrize(
    ("address", "target"), [("/fine", "/fine/"), ("/translated/", "/en/translated/")]
)
def test_redirect_stays_when_other_middleware_makes_one_of_a_404(
    visitor: Client, address: str, target: str
) -> None:
    with override_settings(MIDDLEWARE=[OURS, LOCALE, COMMON]):
        response = visitor.get(address)

    assert response.status_code in {301, 302}
    assert response["Location"] == target


@pytest.mark.trap("T25")
def test_nothing_is_added_when_the_answer_is_not_modified(visitor: Client) -> None:
    response = visitor.get("/unchanged/")

    assert (response.status_code, response.content) == (304, b"")
    assert not response.has_header("Cache-Control")


@pytest.mark.trap("T43")
@pytest.mark.django_db
def test_failures_stay_apart_when_a_client_sends_the_same_id_every_time(visitor: Client) -> None:
    with override_settings(ERRORKIT={"TRUSTED_REQUEST_ID_PROXIES": ["*"]}):
        answers = [
            json.loads(
                visitor.get("/fail/", HTTP_ACCEPT=JSON, HTTP_X_REQUEST_ID="always-this").content
            )
            for _ in range(3)
        ]

    assert {answer["request_id"] for answer in answers} == {"always-this"}
    assert len({answer["reference"] for answer in answers}) == 3
    assert Occurrence.objects.filter(request_id="always-this").count() == 3


@pytest.mark.trap("T35")
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("name", ["CONTENT_SECURITY_POLICY", "CONTENT_SECURITY_POLICY_REPORT_ONLY"])
@pytest.mark.django_db
def test_page_keeps_its_own_policy_when_django_csp_is_strict(
    visitor: Client, settings: Any, name: str, place: int
) -> None:
    csp = pytest.importorskip("csp.constants")
    middleware = [OURS]
    middleware.insert(place, DJANGO_CSP)
    settings.MIDDLEWARE = middleware
    setattr(settings, name, {"DIRECTIVES": {"default-src": [csp.NONE], "script-src": [csp.NONCE]}})
    pages = {
        address: visitor.get(address, HTTP_ACCEPT="text/html")
        for address in ("/fine/", "/fail/", "/missing/")
    }

    assert "default-src 'none'" in pages["/fine/"][name.title().replace("_", "-")]
    for address in ("/fail/", "/missing/"):
        policy = pages[address]["Content-Security-Policy"]
        assert re.search(r"style-src 'sha256-[^']+'; img-src 'self' data:", policy)
        assert "script-src" not in policy
        assert not pages[address].has_header("Content-Security-Policy-Report-Only")


NOT_INSTALLED = """
import django
from django.conf import settings
settings.configure(MIDDLEWARE=["errorkit.middleware.ErrorkitMiddleware"], ROOT_URLCONF="x")
django.setup()
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
"""


@pytest.mark.trap("T64")
def test_site_says_so_at_the_start_when_errorkit_is_not_installed() -> None:
    """Nothing could ever be recorded, so the site must not get as far as its first failure."""
    ended = subprocess.run(
        [sys.executable, "-c", NOT_INSTALLED], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 1
    assert "INSTALLED_APPS" in ended.stderr.splitlines()[-1]
    assert "errorkit" in ended.stderr.splitlines()[-1]
