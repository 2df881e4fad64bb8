import os
import signal
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from errorkit.delivery.channels.memory import MemoryChannel
from errorkit.models import Occurrence
from tests.delivery.factories import make_report, only
from tests.processes import wait_until

Memory = type[MemoryChannel]


@pytest.mark.django_db(transaction=True)
def test_everything_leaves_when_it_runs_once(memory: Memory) -> None:
    Occurrence.from_report(make_report()).save()
    output = StringIO()

    call_command("errorkit_deliver", stdout=output)

    assert only(purpose="forward").status == "accepted"
    assert "digested 1, delivered 2" in output.getvalue()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_loop_ends_cleanly_when_it_gets_a_signal(memory: Memory, number: int) -> None:
    Occurrence.from_report(make_report()).save()
    before = signal.getsignal(number)

    def end() -> None:
        try:
            wait_until(lambda: memory.sent.get("archive"), 30)
        finally:
            os.kill(os.getpid(), number)

    thread = threading.Thread(target=end)
    thread.start()
    output = StringIO()
    call_command("errorkit_deliver", "--loop", stdout=output)
    thread.join()

    assert "has stopped" in output.getvalue()
    assert signal.getsignal(number) is before
    assert only(purpose="forward").status == "accepted"


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"ENABLED": False}, "nothing to deliver"),
        ({"DATABASE": "nowhere"}, "nowhere"),
        ({"NOPE": 1}, "no key"),
    ],
)
def test_one_sentence_says_why_when_it_can_never_work(
    keys: dict[str, object], sentence: str
) -> None:
    with override_settings(ERRORKIT=keys), pytest.raises(CommandError, match=sentence):
        call_command("errorkit_deliver", "--loop")


def test_status_is_not_zero_when_the_tables_are_missing(make_site) -> None:
    site = make_site(migrate=False)
    with pytest.raises(AssertionError, match=r"ended with 1:\n.*run migrate") as failed:
        site.manage("errorkit_deliver", "--loop")

    assert "Traceback" not in str(failed.value)
