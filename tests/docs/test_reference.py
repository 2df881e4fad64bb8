"""The page of commands and checks is compared with the code."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "reference.md").read_text()
ROWS = re.findall(r"^\| `([^`]+)`", PAGE, re.MULTILINE)
COMMANDS = sorted(name for name, app in get_commands().items() if app == "errorkit")
# What every command of Django takes.
COMMON = {"skip_checks"} | {
    action.dest
    for action in load_command_class("django.core", "check").create_parser("", "")._actions
}


def options_of(name: str) -> set[str]:
    """Return the options that the command has for itself."""
    parser = load_command_class("errorkit", name).create_parser("manage.py", name)
    own = [action for action in parser._actions if action.dest not in COMMON]
    return {option for action in own for option in action.option_strings}


@pytest.mark.parametrize("name", COMMANDS)
def test_page_names_every_option_when_it_is_compared_with_the_command(name) -> None:
    rows = [row.split() for row in ROWS if row.split()[0] == name]
    named = {word for row in rows for word in row if word.startswith("--")}

    assert rows
    assert named == options_of(name)


def test_page_names_every_check_once_when_it_is_compared_with_the_code() -> None:
    code = "".join(path.read_text() for path in (ROOT / "errorkit").rglob("*.py"))
    used = set(re.findall(r'"errorkit\.([EWI]\d{3})"', code))

    assert sorted(row for row in ROWS if re.fullmatch(r"[EWI]\d{3}", row)) == sorted(used)


def test_every_check_has_a_test_that_names_it() -> None:
    here = Path(__file__)
    tests = "".join(path.read_text() for path in here.parent.parent.rglob("*.py") if path != here)
    ids = [row for row in ROWS if re.fullmatch(r"[EWI]\d{3}", row)]

    assert [each for each in ids if not re.search(rf"\b{each}\b", tests)] == []
