import base64
import hashlib
import re
from itertools import product
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client, RequestFactory

from errorkit.responses.preview import FORMATS, languages, preview_answer
from errorkit.responses.statuses import PHRASES

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(settings: Any) -> Client:
    settings.ROOT_URLCONF = "tests.views.urls"
    client = Client()
    client.force_login(get_user_model().objects.create_user("staff", is_staff=True))
    return client


@pytest.mark.parametrize("path", ["/errors/preview/", "/errors/preview/500/"])
def test_preview_is_not_there_when_somebody_is_no_staff(settings: Any, path: str) -> None:
    settings.ROOT_URLCONF = "tests.views.urls"
    client = Client()
    assert client.get(path).status_code == 404
    client.force_login(get_user_model().objects.create_user("somebody"))
    assert client.get(path).status_code == 404


def test_preview_lists_every_status_when_staff_asks(staff: Client) -> None:
    text = staff.get("/errors/preview/").content.decode()

    for status in (400, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 501, 502, 503, 504):
        for name in ("html", "htmx", "problem", "json", "text"):
            assert f'href="{status}/?format={name}&amp;language=en"' in text
    for code in ("en", "de", "ar", "zh-hant"):
        assert f'<option value="{code}"' in text


@pytest.mark.parametrize("name", FORMATS)
def test_preview_shows_every_status_in_every_language_when_the_format_is(
    rf: RequestFactory, settings: Any, name: str
) -> None:
    settings.ERRORKIT = {"BRAND": {"name": "Lindenhof Library"}}
    for status, (code, _own) in product(PHRASES, languages()):
        response = preview_answer(rf.get("/", {"format": name, "language": code}), status)
        policy = response["Content-Security-Policy"]
        styles = re.findall(rb"(?s)<style>(.*?)</style>", response.content)
        hashes = [base64.b64encode(hashlib.sha256(style).digest()).decode() for style in styles]

        assert response["X-Errorkit-Preview"] == str(status)
        assert response["Content-Type"].startswith(FORMATS[name])
        assert response["Content-Language"] == code
        assert (b"Lindenhof Library" in response.content) is (name == "html")
        assert len(hashes) == (name == "html")
        assert all(f"'sha256-{each}'" in policy for each in hashes)


def test_preview_shows_the_answer_under_its_own_policy_when_staff_asks(
    staff: Client, settings: Any
) -> None:
    settings.ERRORKIT = {"BRAND": {"name": "Lindenhof Library"}}
    response = staff.get("/errors/preview/503/", {"language": "de"})
    text = response.content.decode()

    assert response.status_code == 200
    assert response["X-Errorkit-Preview"] == "503"
    assert "sha256-" in response["Content-Security-Policy"]
    assert "Lindenhof Library" in text
    assert '<html lang="de"' in text
    assert re.search(r'id="errorkit-reference"[^>]*>[0-9A-Z]{5}-[0-9A-Z]{5}<', text)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("problem", "application/problem+json"),
        ("json", "application/json"),
        ("text", "text/plain; charset=utf-8"),
    ],
)
def test_preview_shows_other_formats_when_staff_asks(
    staff: Client, name: str, content_type: str
) -> None:
    assert staff.get("/errors/preview/404/", {"format": name})["Content-Type"] == content_type


def test_preview_shows_what_is_said_when_nothing_was_recorded(staff: Client) -> None:
    text = staff.get("/errors/preview/500/", {"recorded": "no"}).content.decode()

    assert "could not be recorded" in text


def test_preview_is_not_there_when_the_status_is_none(staff: Client) -> None:
    assert staff.get("/errors/preview/200/").status_code == 404


def test_languages_are_those_with_a_catalogue_when_the_site_offers_all(settings: Any) -> None:
    settings.LANGUAGES = [("de", "German"), ("en", "English"), ("fy", "Frisian")]

    assert languages() == [("en", "English"), ("de", "Deutsch")]
