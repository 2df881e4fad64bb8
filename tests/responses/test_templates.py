from pathlib import Path
from typing import Any

import pytest
from django.template import loader
from django.template.autoreload import reset_loaders

from errorkit.responses import templates

NAME = "errorkit/503.html"
CACHED = "django.template.loaders.cached.Loader"
FILES = "django.template.loaders.filesystem.Loader"


@pytest.fixture
def use_loaders(settings: Any, tmp_path: Path) -> Any:
    def use(*loaders: Any) -> Path:
        settings.TEMPLATES = [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [tmp_path],
                "OPTIONS": {"loaders": list(loaders)},
            }
        ]
        return tmp_path

    return use


def write_template(folder: Path) -> None:
    (folder / "errorkit").mkdir()
    (folder / NAME).write_text("ours")


def test_django_is_asked_once_when_the_project_has_no_template(
    use_loaders: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_loaders((CACHED, [FILES]))
    asked: list[str] = []
    get_template = loader.get_template

    def note(name: str) -> Any:
        asked.append(name)
        return get_template(name)

    monkeypatch.setattr(loader, "get_template", note)

    assert [templates.find_own(NAME) for _ in range(3)] == [None] * 3

    assert asked == [NAME]


def test_template_is_found_when_it_is_written_under_debug(use_loaders: Any, settings: Any) -> None:
    settings.DEBUG = True
    folder = use_loaders((CACHED, [FILES]))
    assert templates.find_own(NAME) is None

    write_template(folder)
    reset_loaders()  # as runserver does

    assert templates.find_own(NAME) is not None


def test_template_is_found_when_the_loader_looks_anew_each_time(use_loaders: Any) -> None:
    folder = use_loaders(FILES)
    assert templates.find_own(NAME) is None

    write_template(folder)

    assert templates.find_own(NAME) is not None


def test_template_is_found_when_the_settings_have_changed(use_loaders: Any, tmp_path: Path) -> None:
    use_loaders((CACHED, [FILES]))
    assert templates.find_own(NAME) is None
    write_template(tmp_path)

    use_loaders((CACHED, [FILES]))

    assert templates.find_own(NAME) is not None
