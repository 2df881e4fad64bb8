"""The README says nothing that is not so: its code is run, its names are compared with the code's."""

import re
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.management import get_commands
from django.utils.module_loading import import_string

from errorkit.checks.mail import REPLACEMENT
from errorkit.checks.scrubbing import KEYS
from errorkit.conf import get_config, get_problems
from errorkit.conf.readers import READERS

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def rows_of(heading: str) -> list[str]:
    """Return the first cell of each row of the table in that section, without its marks."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)


def block_with(name: str) -> dict:
    block = next(block for block in BLOCKS if f"{name} = " in block)
    namespace: dict = {}
    exec(block, namespace)
    return namespace[name]


def test_table_names_every_setting_when_it_is_compared_with_the_readers() -> None:
    missing = set(READERS) - set(rows_of("Settings"))
    invented = set(rows_of("Settings")) - set(READERS)

    assert (missing, invented) == (set(), set())


def test_table_names_every_part_of_scrub_when_it_is_compared_with_the_check() -> None:
    assert [key for key in KEYS if f"`{key}`" not in README] == []


def test_commands_exist_when_they_are_listed() -> None:
    listed = {row.split()[0] for row in rows_of("Commands")}

    assert listed
    assert listed <= set(get_commands())


@pytest.mark.django_db
def test_install_lines_pass_the_checks_when_they_are_used(settings) -> None:
    settings.ERRORKIT = block_with("ERRORKIT")

    assert get_problems() == []
    for channel in get_config().channels.values():
        assert import_string(channel.backend)
    assert "errorkit" in block_with("INSTALLED_APPS")
    assert all(import_string(path) for path in block_with("MIDDLEWARE"))
    assert "errorkit-sweep" in block_with("CELERY_BEAT_SCHEDULE")
    assert [each for each in run_checks() if each.is_serious()] == []


def test_logging_lines_are_those_that_the_check_prints() -> None:
    printed: dict = {}
    exec(REPLACEMENT, printed)

    assert block_with("LOGGING") == printed["LOGGING"]


@pytest.mark.parametrize("target", re.findall(r"^make (\w+)$", README, re.MULTILINE))
def test_make_target_exists_when_it_is_named(target) -> None:
    assert f"\n{target}:" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", README))
def test_file_exists_when_it_is_linked(link) -> None:
    assert (ROOT / link).is_file()
