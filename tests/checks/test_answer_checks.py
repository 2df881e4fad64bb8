from pathlib import Path
from typing import Any

import pytest

from errorkit.checks.answers import OURS, check_middleware, check_page

SECURITY = "django.middleware.security.SecurityMiddleware"
CORS = "corsheaders.middleware.CorsMiddleware"
GZIP = "django.middleware.gzip.GZipMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"


def ids(messages: list[Any]) -> list[str]:
    return [message.id for message in messages]


@pytest.mark.trap("T31", "T32", "T64")
@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ([SECURITY, CORS, GZIP, OURS, SESSION], []),
        ([OURS], []),
        ([], ["errorkit.W501"]),
        ([SECURITY, SESSION], ["errorkit.W501"]),
        ([SECURITY, SESSION, OURS], ["errorkit.W502"]),
        ([SECURITY, OURS, CORS, SESSION], ["errorkit.W503"]),
    ],
)
def test_w501_to_w503_when_the_middleware_is_missing_or_in_the_wrong_place(
    settings: Any, chain: list[str], expected: list[str]
) -> None:
    settings.MIDDLEWARE = chain

    assert ids(check_middleware()) == expected


@pytest.fixture
def templates(settings: Any, tmp_path: Path) -> Path:
    backend = "django.template.backends.django.DjangoTemplates"
    settings.TEMPLATES = [{"BACKEND": backend, "DIRS": [tmp_path], "APP_DIRS": True}]
    (tmp_path / "errorkit").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], []),
        (["500.html"], ["errorkit.I501"]),
        (["500.html", "errorkit/error.html"], []),
        (["500.html", "errorkit/500.html"], []),
    ],
)
def test_i501_when_only_the_projects_own_page_is_there(
    templates: Path, names: list[str], expected: list[str]
) -> None:
    for name in names:
        (templates / name).write_text("Sorry.")

    assert ids(check_page()) == expected


def test_i501_is_silent_when_templates_or_urls_are_broken(templates: Path, settings: Any) -> None:
    (templates / "500.html").write_text("{% no_such_tag %}")
    assert check_page() == []
    (templates / "500.html").write_text("Sorry.")
    settings.ROOT_URLCONF = "tests.no_such_urls"
    assert check_page() == []
