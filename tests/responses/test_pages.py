import base64
import hashlib
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from errorkit.responses.complaints import forget_complaints
from errorkit.responses.templates import PACKAGED
from tests.responses.asking import BROWSER, reply

JINJA = {"BACKEND": "django.template.backends.jinja2.Jinja2", "APP_DIRS": False}


@pytest.fixture(autouse=True)
def complaints() -> None:
    forget_complaints()


@pytest.fixture
def project(tmp_path: Path, settings: Any) -> Path:
    """A project's template folder."""
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [tmp_path],
            "APP_DIRS": True,
        }
    ]
    (tmp_path / "errorkit").mkdir()
    return tmp_path / "errorkit"


def page(status: int = 500, **meta: Any) -> str:
    return reply(status, HTTP_ACCEPT=BROWSER, **meta).content.decode()


def test_page_is_one_document_without_scripts_and_requests_when_it_is_packaged() -> None:
    text = page()

    assert len(text.encode()) < 14_000
    assert not re.search(r"<script|<link|@import|url\(|\son\w+=|\sstyle=|<iframe|src=", text)
    assert "500" not in re.search(r"<body>.*</body>", text, re.DOTALL)[0].replace("2026", "")  # type: ignore[index]
    assert text.count("<h1>") == text.count("<main>") == 1


@pytest.mark.parametrize("name", ["error.html", "5xx.html", "500.html"])
def test_page_is_the_projects_when_it_overrides_a_block(project: Path, name: str) -> None:
    (project / name).write_text(
        '{% extends "errorkit/error.html" %}{% block footer %}Our own footer{% endblock %}'
    )

    text = page()
    assert "Our own footer" in text
    assert 'id="errorkit-reference"' in text


def test_page_is_the_closest_template_when_there_are_several(project: Path) -> None:
    for name in ("error", "5xx", "4xx", "503"):
        (project / f"{name}.html").write_text(name)

    assert [page(status) for status in (500, 503, 404)] == ["5xx", "503", "4xx"]


@pytest.mark.trap("T37")
@pytest.mark.parametrize(
    "text",
    [
        "{% no_such_tag %}",
        '{% extends "no/such/template.html" %}',
        "{{ words.heading|add:problem.fail }}{% include 'gone.html' %}",
    ],
)
def test_page_is_the_packaged_one_when_the_projects_template_fails(
    project: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    (project / "503.html").write_text(text)
    with caplog.at_level(logging.ERROR, logger="errorkit"):
        responses = [reply(503, HTTP_ACCEPT=BROWSER) for _ in range(3)]

    assert {response.status_code for response in responses} == {503}
    assert all(b'id="errorkit-reference"' in response.content for response in responses)
    assert len([record for record in caplog.records if "503.html" in record.getMessage()]) == 1


def test_packaged_page_is_not_taken_for_the_projects_when_it_is_installed_behind_a_link(
    tmp_path: Path,
) -> None:
    (tmp_path / "errorkit").symlink_to(PACKAGED.parent)
    code = (
        "import django, errorkit; from django.conf import settings;"
        "settings.configure(INSTALLED_APPS=['errorkit'], TEMPLATES=[{'APP_DIRS': True,"
        " 'BACKEND': 'django.template.backends.django.DjangoTemplates'}]);"
        "django.setup(); from errorkit.responses.templates import find_own;"
        "print(errorkit.__file__, find_own('errorkit/error.html'))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert said.stdout.split() == [str(tmp_path / "errorkit" / "__init__.py"), "None"]


@pytest.mark.parametrize(
    ("status", "again"), [(500, True), (503, True), (501, False), (451, False)]
)
def test_page_offers_to_try_again_when_that_may_help(status: int, again: bool) -> None:
    assert ('href="">' in page(status)) is again


@pytest.mark.trap("T36")
@override_settings(TEMPLATES=[JINJA])
def test_page_is_there_when_the_project_has_jinja_only() -> None:
    assert 'id="errorkit-reference"' in page()


def test_page_complains_once_when_the_logo_has_style_attributes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logo = '<svg><path style="fill:red" d="M0 0"/></svg>'
    with (
        override_settings(ERRORKIT={"BRAND": {"logo": logo}}),
        caplog.at_level(logging.ERROR, logger="errorkit"),
    ):
        page()
        page(503)

    assert ["BRAND" in record.getMessage() for record in caplog.records] == [True]


def test_page_complains_once_when_a_template_has_style_attributes(
    project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (project / "error.html").write_text('<style>a{color:red}</style><p style="color:red">')
    with caplog.at_level(logging.ERROR, logger="errorkit"):
        page()
        page()

    messages = [
        record.getMessage() for record in caplog.records if record.name.startswith("errorkit")
    ]
    assert len(messages) == 1
    assert "errorkit/error.html" in messages[0]


@pytest.mark.trap("T35")
def test_policy_allows_exactly_the_styles_that_are_sent_when_there_are_several(
    project: Path,
) -> None:
    (project / "error.html").write_bytes(
        b"<style>a { color: red }\r\nb { color: blue }</style><STYLE media=print>\n</STYLE>"
    )
    response = reply(HTTP_ACCEPT=BROWSER)

    styles = re.findall(rb"(?is)<style[^>]*>(.*?)</style>", response.content)
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(style).digest()).decode()}'" for style in styles
    ]
    assert len(hashes) == 2
    assert b"\r" not in response.content
    assert f"style-src {' '.join(hashes)};" in response["Content-Security-Policy"]
    assert "img-src 'self' data:" in response["Content-Security-Policy"]
    assert "script" not in response["Content-Security-Policy"]


@pytest.mark.trap("T38")
def test_facts_are_escaped_when_a_host_puts_markup_into_the_request_id() -> None:
    from errorkit.responses.answer import make_response
    from errorkit.responses.problem import problem_of
    from tests.responses.asking import ask, receipt

    request = ask(HTTP_ACCEPT=BROWSER)
    request.request_id = "<script>alert(1)</script>"  # type: ignore[attr-defined]
    response = make_response(
        request, problem_of(request, status=500, receipt=receipt(durable=False))
    )

    assert b"<script" not in response.content
