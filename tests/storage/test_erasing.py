"""After a person is erased nothing of theirs is left anywhere, and every count is what it was."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone

from errorkit.incidents.care import assign
from errorkit.incidents.comments import comment
from errorkit.incidents.triage import Actor, resolve
from errorkit.models import (
    Activity,
    AffectedUser,
    Alert,
    ContactMethod,
    Delivery,
    Feedback,
    HourlyCount,
    Incident,
    Layer,
    LayerMember,
    Occurrence,
    Schedule,
)
from errorkit.models.occurrence import columns_of
from errorkit.reports.report import Report
from errorkit.storage.digest import digest
from errorkit.storage.drain import drain
from errorkit.storage.erasing import erase
from errorkit.storage.local import local_spool
from tests.factories import (
    make_attempt,
    make_delivery,
    make_exception,
    make_frame,
    make_light_report,
    make_occurrence,
    make_report,
    make_request,
)

pytestmark = pytest.mark.django_db

ADA = "lovelace-1815"  # The id as well as every other text of hers.


def report_of_ada(**values: Any) -> Report:
    """Return a report that names her wherever a report can name anybody."""
    frame = make_frame(locals={"user": f"<User {ADA}>"})
    return make_report(
        title=f"ValueError: no such user {ADA}",
        exceptions=(make_exception(message=f"no such user {ADA}", notes=(ADA,), frames=(frame,)),),
        fingerprint_parts=("type ValueError", f"message no such user {ADA}"),
        request=make_request(path=f"/users/{ADA}/", query=f"q={ADA}", headers={"Accept": ADA}),
        request_id=f"request-{ADA}",
        user_id=ADA,
        user_label=ADA,
        context={"machine": {"load": 1}, "who": ADA},
        tags={"who": ADA},
        **values,
    )


def everything() -> str:
    """Return every value of every row that errorkit has."""
    models = apps.get_app_config("errorkit").get_models()
    return "\n".join(str(values) for model in models for values in model.objects.values())


@pytest.fixture(autouse=True)
def _settings(production: Callable[..., None]) -> None:
    """With a spool of the test's own."""


def test_nothing_of_a_person_is_left_when_their_occurrences_are_erased() -> None:
    row = make_occurrence(report=report_of_ada())
    light = make_occurrence(
        report=make_light_report(user_id=ADA, title=f"ValueError: {ADA}", user_label=ADA)
    )
    other = make_occurrence()
    digest()
    incident = Incident.objects.get()
    Incident.objects.update(title=row.title)
    Feedback.objects.create(occurrence_id=row.pk, text=ADA, email=ADA, user_id=ADA)
    Alert.objects.create(incident=incident, generation=9, occurrence_id=row.pk, path=f"/{ADA}/")
    assert everything().count(ADA) > 10

    erased = erase(ADA)

    assert ADA not in everything()
    assert erased.rows["occurrences"] == 2
    assert erased.rows["feedback"] == 1
    # What failed, how, and how often is what it was.
    incident.refresh_from_db()
    assert (incident.times_seen, incident.times_light, incident.users_affected) == (3, 1, 2)
    assert incident.title == other.title
    assert sum(HourlyCount.objects.values_list("count", flat=True)) == 3
    report = Occurrence.objects.get(pk=row.pk).report
    assert (report.reference, report.title) == (row.reference, "ValueError: [erased]")
    assert report.exceptions[0].frames[0].context_line
    assert report.context == {"machine": {"load": 1}}
    assert Occurrence.objects.get(pk=light.pk).title == "ValueError: [erased]"
    assert Occurrence.objects.get(pk=other.pk).user_id == "7"
    # The trail says what was done, and to nobody in particular.
    activity = Activity.objects.get(kind="erased")
    assert activity.data == {"occurrences": 2}


def test_person_is_still_counted_once_when_they_are_erased() -> None:
    make_occurrence(report=report_of_ada())
    digest()
    before = AffectedUser.objects.get().person

    erase(ADA)

    assert AffectedUser.objects.get().person != before


def test_undigested_occurrences_are_erased_when_the_digest_has_not_come() -> None:
    make_occurrence(report=report_of_ada())

    erase(ADA)
    digest()

    assert ADA not in everything()
    assert Incident.objects.get().times_seen == 1


def test_spool_is_erased_when_reports_wait_in_it() -> None:
    spool = local_spool()
    assert spool is not None
    spool.put(columns_of(report_of_ada()))
    spool.put(columns_of(report_of_ada()))
    spool.quarantine([(spool.peek(1)[0].seq, "refused")])
    spool.count(columns_of(make_light_report(user_id=ADA, title=f"ValueError: {ADA}")))
    spool.put(columns_of(make_report()))

    assert erase(ADA, dry_run=True).rows == {"reports in the spool": 3}
    assert erase(ADA).rows == {"reports in the spool": 3}

    for file in spool.path.parent.iterdir():
        assert ADA.encode() not in file.read_bytes(), file
    assert drain(counts_too=True).moved == 3
    digest()
    assert sum(Incident.objects.values_list("times_seen", flat=True)) == 3
    assert ADA not in everything()


@pytest.fixture
def drainer() -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Return a function that has another process drain this host's spool until it is told to end."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        spool = local_spool()
        assert spool is not None
        code = (
            "import fcntl, sys\n"
            f"file = open({str(spool.path) + '.lock'!r}, 'a')\n"
            "fcntl.lockf(file, fcntl.LOCK_EX)\n"
            "print('draining', flush=True)\n"
            "sys.stdin.readline()"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == "draining\n"
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.communicate("\n")


def test_report_is_erased_when_another_process_had_it_in_its_hands(
    drainer: Callable[[], "subprocess.Popen[str]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drainer has read the report, and stores it while the eraser waits for it to end."""
    process = drainer()
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        if not pauses:
            make_occurrence(report=report_of_ada())
            process.communicate("\n")
        pauses.append(seconds)

    monkeypatch.setattr("errorkit.storage.erasing.spool.sleep", pause)

    erased = erase(ADA)

    assert pauses
    assert erased.rows["occurrences"] == 1
    assert ADA not in everything()


def test_command_asks_to_be_run_again_when_a_drainer_does_not_end(
    drainer: Callable[[], "subprocess.Popen[str]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("errorkit.storage.erasing.spool.PATIENCE", 0.1)
    drainer()

    with pytest.raises(CommandError, match="Run it again, not everything is done"):
        call_command("errorkit_erase", "--user", ADA)


def test_name_is_taken_out_when_the_person_has_looked_after_the_site() -> None:
    ada, bob = Actor(user_id=ADA, label=ADA), Actor(user_id="8", label="bob")
    row = make_occurrence()
    digest()
    incident = Incident.objects.get(occurrences=row)
    assign([incident.pk], owner=ada, actor=bob)
    comment(incident.pk, text="I looked at it.", actor=ada)
    resolve([incident.pk], actor=ada)
    sent = make_delivery(
        incident,
        key=f"alert:1:1:1:0:sms:{ADA}.3",
        recipient_id=ADA,
        recipient_label=ADA,
        address=ADA,
        status="accepted",
    )
    make_attempt(sent, detail=f"250 {ADA} is fine")
    waiting = make_delivery(recipient_id=ADA, recipient_label=ADA, address=ADA)
    ContactMethod.objects.create(user_id=ADA, label=ADA, address=ADA)
    schedule = Schedule.objects.create(name="shop", on_call_id=ADA)
    LayerMember.objects.create(
        layer=Layer.objects.create(schedule=schedule),
        user_id=ADA,
        label=ADA,
        left_at=timezone.now() - timedelta(days=1),
    )
    step = {"target": "user", "id": ADA, "label": ADA, "wait": 0}
    Alert.objects.create(incident=incident, generation=9, policy="shop", plan={"steps": [step]})

    erased = erase(ADA)

    assert ADA not in everything()
    assert [each.pk for each in erased.left] == [sent.pk]
    waiting.refresh_from_db()
    assert waiting.status == Delivery.Status.CANCELLED
    assert Activity.objects.get(kind="commented").text == "I looked at it."
    assert Activity.objects.get(kind="assigned").actor_label == "bob"


def test_command_refuses_when_the_person_is_on_a_rota() -> None:
    schedule = Schedule.objects.create(name="shop", fallback_id=ADA)
    LayerMember.objects.create(
        layer=Layer.objects.create(schedule=schedule), user_id=ADA, label=ADA
    )
    make_occurrence(report=report_of_ada())

    with pytest.raises(CommandError, match=r"take over first: .*fallback.*, the rota of schedule"):
        call_command("errorkit_erase", "--user", ADA)

    assert Occurrence.objects.filter(user_id=ADA).exists()


def run(*arguments: str) -> list[str]:
    output = StringIO()
    call_command("errorkit_erase", *arguments, stdout=output)
    return output.getvalue().splitlines()


def test_command_lists_what_cannot_be_recalled_when_it_has_left() -> None:
    row = make_occurrence(report=report_of_ada())
    make_delivery(
        occurrence_id=row.pk,
        status="accepted",
        upstream_id="4f2a",
        finished_at=timezone.now().replace(year=2026, month=3, day=1, hour=9, minute=30),
    )
    make_delivery(occurrence_id=row.pk)
    before = everything()

    said = run("--user", ADA, "--dry-run")
    assert everything() == before
    done = run("--user", ADA)

    assert said[0] == "1 occurrences would be erased"
    assert done[0] == "1 occurrences erased"
    line = "cannot be recalled: sentry accepted 4f2a on 2026-03-01 09:30"
    assert line in said
    assert line in done
    assert done[-1].startswith("Not reached: spools of other hosts")
    assert run("--user", ADA)[0] == "Nothing of this person is stored."


@pytest.mark.parametrize("user", ["", "  ", "x" * 65, "7\n8"])
def test_command_says_what_it_takes_when_the_id_cannot_be_one(user: str) -> None:
    with pytest.raises(CommandError, match="takes the primary key of one user"):
        call_command("errorkit_erase", f"--user={user}")


def test_command_ends_with_a_sentence_when_no_id_is_given(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--user"):
        call_command("errorkit_erase")
