import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from errorkit.models import Delivery, Occurrence
from errorkit.models.occurrence import columns_of
from errorkit.storage.lastwords import line_of
from errorkit.storage.local import local_spool
from errorkit.sweep import leave_sign_of_life
from errorkit.testing import live
from tests.factories import make_delivery, make_light_report, make_occurrence, make_report

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def production(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.ERRORKIT = {
        "SPOOL_DIR": tmp_path / "state",
        "ONCALL_FALLBACK": ["ops@example.org"],
    }
    with live():
        yield


def run(name: str, *arguments: str) -> tuple[str, int]:
    """Return what a command printed, and its exit code."""
    output, code = StringIO(), 0
    try:
        call_command(name, *arguments, stdout=output)
    except SystemExit as end:
        code = int(end.code or 0)
    return output.getvalue(), code


def test_status_is_fine_when_nothing_is_wrong() -> None:
    output, code = run("errorkit_status")

    assert code == 0
    assert "All is well." in output


def test_status_fails_and_says_why_when_nobody_sweeps() -> None:
    make_delivery()

    output, code = run("errorkit_status", "--json")

    assert code == 1
    facts = json.loads(output)
    assert [problem["code"] for problem in facts["problems"]] == ["no_sweep"]
    assert facts["database"]["outbox_due"] == 1


def test_doctor_tries_everything_and_leaves_nothing_behind_when_all_is_well() -> None:
    leave_sign_of_life("sweep")

    output, code = run("errorkit_doctor")

    assert code == 0, output
    assert not Occurrence.objects.exists()
    spool = local_spool()
    assert spool is not None
    assert spool.pending() == 0
    [message] = mail.outbox
    assert "a test of errorkit" in message.subject
    assert Delivery.objects.get(purpose="test").status == "accepted"


def test_doctor_names_what_is_broken_when_something_is(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.ERRORKIT = {
        "SPOOL_DIR": tmp_path / "file",
        "ONCALL_FALLBACK": [],
        "CHANNELS": {"gone": {"BACKEND": "no.such.Channel"}},
        "NONSENSE": 1,
    }

    output, code = run("errorkit_doctor", "--json")

    assert code == 1
    broken = {each["subject"] for each in json.loads(output) if not each["fine"]}
    # Nobody has swept, so nothing else would have left, whatever the channels do.
    assert broken == {"settings", "spool", "sweep", "channel gone", "channel oncall"}


def test_drain_stores_and_groups_when_the_spool_holds_reports() -> None:
    spool = local_spool()
    assert spool is not None
    spool.put(columns_of(make_report()))
    spool.count(columns_of(make_light_report()))

    output, _ = run("errorkit_drain")

    assert "2 reports stored, 2 occurrences digested" in output
    assert Occurrence.objects.filter(incident__times_seen=2).count() == 2


def test_drain_reads_a_log_back_when_it_is_given_a_file(tmp_path: Path) -> None:
    report = make_report()
    log = tmp_path / "stderr.log"
    log.write_bytes(b"\xff something else\n" + line_of(columns_of(report)))

    run("errorkit_drain", str(log))

    assert Occurrence.objects.get(pk=report.id).incident is not None


def test_drain_fails_with_a_sentence_when_the_spool_cannot_be_used(settings: Any) -> None:
    settings.ERRORKIT = {"SPOOL_DIR": None}

    with pytest.raises(CommandError, match="spool cannot be used"):
        call_command("errorkit_drain")


def test_find_shows_the_occurrence_when_a_reference_is_read_aloud() -> None:
    row = make_occurrence(title="Boom \x1b[31m")

    output, _ = run("errorkit_find", row.reference.lower().replace("-", " "))

    assert row.reference in output
    assert row.request_id in output
    assert "\x1b" not in output
    assert r"\x1b[31m" in output


def test_find_fails_when_nothing_is_found() -> None:
    with pytest.raises(CommandError, match="Nothing"):
        call_command("errorkit_find", "00000-00000")
