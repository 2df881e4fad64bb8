import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from errorkit.exceptions import BusySpoolError, SpoolError
from errorkit.models.occurrence import columns_of
from errorkit.storage.rows import unpack
from errorkit.storage.spool import Spool
from tests.factories import make_light_report, make_report


def test_report_comes_back_whole_when_it_was_spooled(spool: Spool) -> None:
    report = make_report()

    spool.put(columns_of(report))

    [found] = spool.peek(10)
    row = unpack(found.row, found.payload)
    assert row.id == report.id
    assert row.report.exceptions[0].message == report.exceptions[0].message


def test_spool_gives_the_oldest_first_when_asked_in_parts(spool: Spool) -> None:
    for number in range(5):
        spool.put(columns_of(make_report(title=str(number))))

    first = spool.peek(2)
    spool.remove([each.seq for each in first])

    assert [json.loads(each.row)["title"] for each in first] == ["0", "1"]
    assert [json.loads(each.row)["title"] for each in spool.peek(10)] == ["2", "3", "4"]
    assert spool.pending() == 3


def test_spool_gives_fewer_at_once_when_they_are_large(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("errorkit.storage.spool.MOST_TEXT", 2_500)
    for _ in range(5):
        spool.put(columns_of(make_report()) | {"payload": "x" * 1_000})

    assert len(spool.peek(10)) == 3
    assert len(spool.peek(2)) == 2


def test_spool_is_shared_when_two_processes_open_it(spool: Spool) -> None:
    other = Spool(spool.path, byte_cap=10_000_000)

    spool.put(columns_of(make_report()))

    assert other.pending() == 1
    other.close()


def test_spool_refuses_when_the_byte_cap_is_reached(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "small.sqlite3", byte_cap=100_000)

    def fill() -> None:
        for _ in range(1000):
            spool.put(columns_of(make_report()))

    with pytest.raises(SpoolError, match="full"):
        fill()

    assert spool.pending() > 5
    spool.remove([each.seq for each in spool.peek(1000)])
    spool.put(columns_of(make_report()))
    spool.close()


def test_counts_become_one_row_of_many_when_they_settle(spool: Spool) -> None:
    first = make_light_report()
    for report in (first, make_light_report(), make_light_report(fingerprint="v1:other")):
        spool.count(columns_of(report))

    assert spool.pending() == 2
    spool.settle_counts(before=time.time() - 60)
    assert spool.peek(10) == []
    spool.settle_counts(before=time.time() + 1)

    rows = {row.fingerprint: row for row in (unpack(each.row) for each in spool.peek(10))}
    assert (rows[first.fingerprint].id, rows[first.fingerprint].times) == (first.id, 2)
    assert rows["v1:other"].times == 1
    assert spool.pending() == 2


def test_quarantine_keeps_report_and_reason_when_it_is_poison(spool: Spool) -> None:
    spool.put(columns_of(make_report()))
    [found] = spool.peek(1)

    spool.quarantine([(found.seq, "ValueError: no")])

    assert (spool.pending(), spool.quarantined()) == (0, 1)


def test_turn_is_given_once_when_many_ask_within_the_period(spool: Spool) -> None:
    other = Spool(spool.path, byte_cap=10_000_000)

    turns = [each.claim_turn("outage", seconds=60) for each in (spool, other, spool)]

    assert turns == [True, False, False]
    assert other.claim_turn("outage", seconds=0)
    other.close()


def test_oldest_is_none_when_nothing_waits(spool: Spool) -> None:
    assert spool.oldest() is None

    spool.put(columns_of(make_report()))

    oldest = spool.oldest()
    assert oldest is not None
    assert abs(oldest.timestamp() - time.time()) < 60


def test_writer_gives_up_in_time_when_another_process_holds_the_file(spool: Spool) -> None:
    other = Spool(spool.path, byte_cap=10_000_000)
    other._connection.execute("BEGIN IMMEDIATE")
    started = time.monotonic()

    with pytest.raises(BusySpoolError):
        spool.put(columns_of(make_report()))

    assert time.monotonic() - started < 3  # promised: 250 ms
    other._connection.execute("COMMIT")
    spool.put(columns_of(make_report()))
    other.close()


def test_writer_gives_up_in_time_when_other_threads_hold_the_lock(spool: Spool) -> None:
    spool._lock.acquire()

    with pytest.raises(BusySpoolError):
        spool.put(columns_of(make_report()))

    spool._lock.release()
    assert spool.is_empty()


RACER = """
import sys
from pathlib import Path
from errorkit.storage.sqlite import open_file
print("ready", flush=True)
for path in sys.stdin:
    try:
        open_file(Path(path.strip()), 10_000_000).close()
    except Exception as error:
        print(type(error).__name__, flush=True)
    else:
        print("open", flush=True)
"""


def test_new_file_is_opened_by_both_when_two_processes_meet_it_at_once(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        racers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", RACER],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(2)
        ]
        answers = [_hear(racer) for racer in racers]
        for number in range(60):
            for racer in racers:
                _tell(racer, f"{tmp_path / str(number)}.sqlite3")
            answers += [_hear(racer) for racer in racers]

    assert answers == ["ready"] * 2 + ["open"] * 120


def _tell(racer: "subprocess.Popen[str]", line: str) -> None:
    assert racer.stdin is not None
    racer.stdin.write(f"{line}\n")
    racer.stdin.flush()


def _hear(racer: "subprocess.Popen[str]") -> str:
    assert racer.stdout is not None
    return racer.stdout.readline().strip()
