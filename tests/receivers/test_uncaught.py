import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from errorkit import capture_uncaught
from errorkit.reports.report import Report
from errorkit.testing import captured
from tests.sites import Site

COMMANDS = {
    "import_orders": 'raise ValueError("order without a number")',
    "in_a_thread": (
        "import threading\n"
        "        thread = threading.Thread(target=lambda: 1 / 0, name='importer')\n"
        "        thread.start()\n"
        "        thread.join()"
    ),
    "no_such_order": (
        "from django.core.management import CommandError\n"
        '        raise CommandError("there is no such order")'
    ),
    "stop": 'raise SystemExit("enough")',
    "interrupted": "raise KeyboardInterrupt",
}
COMMAND = """
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    def handle(self, *args, **options):
        {body}
"""


def install(site: Site) -> None:
    """Give the site its commands, and manage.py the line."""
    folder = site.path / "hostsite" / "management" / "commands"
    folder.mkdir(parents=True)
    for name, body in COMMANDS.items():
        (folder / f"{name}.py").write_text(COMMAND.format(body=body))
    manage = site.path / "manage.py"
    line = "    import errorkit; errorkit.capture_uncaught()\n"
    text = manage.read_text().replace("    execute_from", f"{line}    execute_from")
    manage.write_text(text)


@pytest.mark.starts_sites
def test_commands_and_threads_are_captured_when_nobody_catches_their_failure(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(settings_text="INSTALLED_APPS += ['hostsite']\n")
    install(site)

    said = {name: site.manage(name, check=False) for name in COMMANDS}

    site.manage("errorkit_drain")
    found = site.evaluate("sorted(Occurrence.objects.values_list('kind', 'title'))")
    assert found == [
        ["command", "ValueError: order without a number"],
        ["manual", "ZeroDivisionError: division by zero"],
    ]
    contexts = site.evaluate("[row.report.context for row in Occurrence.objects.order_by('kind')]")
    assert contexts[0]["command"] == "import_orders"
    assert contexts[1]["thread"] == "importer"
    assert said.keys() == COMMANDS.keys()


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Put hooks of the host's in place, and return what they were called with."""
    called: list[Any] = []
    monkeypatch.setattr(sys, "excepthook", lambda *args: called.append(args[1]))
    monkeypatch.setattr(threading, "excepthook", lambda args: called.append(args.exc_value))
    monkeypatch.setattr(sys, "argv", ["/srv/shop/manage.py", "import_orders", "--key=hunter2"])
    capture_uncaught()
    return called


def run_in_thread(function: Callable[[], Any]) -> list[Report]:
    with captured() as reports:
        thread = threading.Thread(target=function, name="importer")
        thread.start()
        thread.join()
    return reports


def fail(error: BaseException) -> None:
    raise error


def test_host_hook_runs_when_a_thread_fails(hooks: list[Any]) -> None:
    error = ValueError("x")

    [report] = run_in_thread(lambda: fail(error))

    assert hooks == [error]
    assert report.context["thread"] == "importer"
    assert not report.handled


def test_host_hook_runs_once_when_capture_was_asked_for_twice(hooks: list[Any]) -> None:
    capture_uncaught()

    assert len(run_in_thread(lambda: fail(ValueError("x")))) == 1
    assert len(hooks) == 1


@pytest.mark.django_db
def test_host_hook_runs_when_the_process_fails(hooks: list[Any]) -> None:
    error = ValueError("x")

    with captured() as reports:
        sys.excepthook(ValueError, error, None)

    assert hooks == [error]
    assert reports[0].kind == "command"
    assert reports[0].context["command"] == "import_orders"
    assert "hunter2" not in reports[0].to_json()


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), CommandError("usage")])
def test_nothing_is_captured_when_the_end_was_wanted(
    hooks: list[Any], error: BaseException
) -> None:
    with captured() as reports:
        sys.excepthook(type(error), error, None)

    assert reports == []
    assert hooks == [error]


def test_script_is_named_when_no_command_runs(
    hooks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [str(Path("/srv/shop/nightly.py")), "secret"])

    with captured() as reports:
        sys.excepthook(ValueError, ValueError("x"), None)

    assert reports[0].context["command"] == "nightly.py"
