"""One spool per process, whatever happens to its file."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from errorkit.exceptions import BusySpoolError, CorruptSpoolError, SpoolError
from errorkit.models.occurrence import columns_of
from errorkit.storage import local
from errorkit.storage.local import (
    close_local_spool,
    give_up,
    is_resting,
    local_spool,
    spool_problem,
)
from errorkit.storage.places import set_aside
from errorkit.storage.spool import Spool
from tests.factories import make_report


@pytest.fixture
def site_spool(production: Callable[..., None]) -> Spool:
    spool = local_spool()
    assert spool is not None
    return spool


def test_spool_is_opened_once_when_it_is_asked_for_again(site_spool: Spool) -> None:
    assert local_spool() is site_spool


def test_spool_is_made_again_when_somebody_deleted_the_file(site_spool: Spool) -> None:
    site_spool.path.unlink()

    again = local_spool()

    assert again is not None
    assert again is not site_spool
    again.put(columns_of(make_report()))
    assert again.pending() == 1


def test_damaged_file_is_set_aside_when_it_is_opened(
    site_spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    path = site_spool.path
    close_local_spool()
    path.write_bytes(b"this is no database" * 100)

    again = local_spool()

    assert again is not None
    assert again.pending() == 0
    [aside] = path.parent.glob("*.damaged-*")
    assert aside.read_bytes().startswith(b"this is no database")
    assert "damaged" in caplog.text


def test_sound_file_stays_when_another_process_has_replaced_the_damaged_one(
    site_spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_local_spool()
    site_spool.path.write_bytes(b"this is no database" * 100)

    def find_damage(path: Path, *, byte_cap: int) -> Spool:
        monkeypatch.undo()
        set_aside(path)
        other = Spool(path, byte_cap=byte_cap)
        other.put(columns_of(make_report()))
        other.close()
        raise CorruptSpoolError("malformed")

    monkeypatch.setattr(local, "Spool", find_damage)

    again = local_spool()

    assert again is not None
    assert again.pending() == 1
    assert len(list(site_spool.path.parent.glob("*.damaged-*"))) == 1


def test_damaged_file_is_set_aside_when_a_write_finds_out(site_spool: Spool) -> None:
    give_up(site_spool, CorruptSpoolError("malformed"))

    assert local_spool() is None
    assert not site_spool.path.exists()
    assert len(list(site_spool.path.parent.glob("*.damaged-*"))) >= 1


def test_spool_stays_open_when_it_was_only_busy(site_spool: Spool) -> None:
    give_up(site_spool, BusySpoolError("busy"))

    assert local_spool() is site_spool


def test_spool_is_tried_again_soon_when_it_was_busy_while_it_was_opened(
    site_spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "BUSY_HOLD_OFF", 0.0)
    site_spool._connection.execute("PRAGMA journal_mode = DELETE")
    site_spool._connection.execute("BEGIN EXCLUSIVE")
    local._start_afresh()

    assert local_spool() is None
    assert "locked" in spool_problem()
    site_spool._connection.execute("COMMIT")
    assert local_spool() is not None


def test_one_warning_is_logged_when_the_folder_cannot_be_used(
    production: Callable[..., None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    production(SPOOL_DIR=tmp_path / "file")

    assert [local_spool() for _ in range(3)] == [None] * 3

    assert caplog.text.count("The spool cannot be used") == 1
    assert str(tmp_path) in spool_problem()


def test_one_warning_is_logged_when_a_full_disk_lets_the_spool_be_opened_again(
    site_spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(local, "HOLD_OFF", 0.0)
    for _ in range(3):
        spool = local_spool()
        assert spool is not None
        give_up(spool, SpoolError("disk full"))
        assert is_resting()

    assert caplog.text.count("The spool cannot be used") == 1
    assert local_spool() is not None
    assert not is_resting()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_child_opens_its_own_when_the_process_forks(site_spool: Spool) -> None:
    site_spool.put(columns_of(make_report()))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        spool = local_spool()
        try:
            assert spool is not None
            assert spool is not site_spool
            spool.put(columns_of(make_report()))
            os.write(writer, b"stored")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)

    assert os.read(reader, 10) == b"stored"
    os.close(reader)
    assert site_spool.pending() == 2
