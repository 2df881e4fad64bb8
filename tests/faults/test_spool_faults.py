"""The disk under the spool is full, read-only or damaged: the next rung takes over, and no reference is shown that nobody could find."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.load import all_found, load
from tests.processes import wait_until
from tests.servers import PostgreSQL
from tests.sites import Site

VIEWS = """
def plain(request):
    raise RuntimeError("the view failed")
"""
URLS = 'path("plain/", views.plain),'
UNLIMITED = {"PER_FINGERPRINT": 1e9, "BURST": 10**9, "PER_PROCESS": 1e9}
WARNING = "The spool cannot be used"
SMALL = 2 * 1024 * 1024


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Put a disk of 2 MB under the folder; False where this machine lets nobody do that."""
    folder.mkdir()
    options = f"size={SMALL},mode=700"
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    try:
        yield mount.returncode == 0
    finally:
        if mount.returncode == 0:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Leave not a byte."""
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            return


def start(make_site: Callable[..., Site], **options: Any) -> Site:
    site = make_site(views=VIEWS, urls=URLS, **options)
    site.start("gthread", workers=2, threads=4)
    return site


@pytest.mark.needs_postgresql
def test_the_next_rung_takes_over_when_the_disk_under_the_spool_is_full(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    with PostgreSQL() as server, small_disk(disk) as mounted:
        limits = UNLIMITED if mounted else {**UNLIMITED, "SPOOL_BYTES": 200_000}
        errorkit = {"SPOOL_DIR": str(disk), "LIMITS": limits}
        site = start(
            make_site,
            database=server.settings(),
            settings={"LOGGING_CONFIG": None, "ERRORKIT": errorkit},
        )
        with load(site.url, "/plain/", clients=4) as ledger:
            wait_until(lambda: ledger.answers > 50, 60)
            if mounted:
                fill(disk)
            # The database is well: answers still show references, of rows on connections of their own.
            before = len(ledger.references)
            wait_until(lambda: len(ledger.references) > before + 100, 90)
            server.stop()
            wait_until(lambda: ledger.without > 100, 60, what="answers without a reference")
            (disk / "filler").unlink(missing_ok=True)
            server.start()
            before = len(ledger.references)
            wait_until(lambda: len(ledger.references) > before + 50, 90, what="references again")

        assert site.output().count(WARNING) <= 2, "one for each process"
        all_found(site, ledger)
        read_back = site.manage("errorkit_drain", str(site.web.log))
        assert site.evaluate("Occurrence.objects.count()") == ledger.answers, read_back
        site.close()


@pytest.mark.parametrize("place", ["read-only", "no folder"])
def test_answers_show_references_when_the_spool_can_never_be_written(
    make_site: Callable[..., Site], tmp_path: Path, place: str
) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk) as mounted:
        if place == "read-only" and mounted:
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        elif place == "read-only":
            disk.chmod(0o500)
        folder = disk if place == "read-only" else Path("/proc/errorkit")
        if os.access(folder, os.W_OK):
            pytest.skip("this user may write everywhere, and may not mount")
        site = start(
            make_site,
            settings={
                "LOGGING_CONFIG": None,
                "ERRORKIT": {"SPOOL_DIR": str(folder), "LIMITS": UNLIMITED},
            },
        )

        with load(site.url, "/plain/", clients=2) as ledger:
            wait_until(lambda: ledger.answers > 50, 60)

        assert len(ledger.references) > 0
        assert 1 <= site.output().count(WARNING) <= 2, "one for each process"
        all_found(site, ledger)
        site.manage("errorkit_drain", str(site.web.log))
        assert site.evaluate("Occurrence.objects.count()") == ledger.answers
        site.close()


def test_a_damaged_spool_is_set_aside_when_that_happens_under_load(
    make_site: Callable[..., Site],
) -> None:
    site = start(make_site, settings={"LOGGING_CONFIG": None})
    with load(site.url, "/plain/", clients=4) as ledger:
        wait_until(lambda: ledger.answers > 50, 60)
    all_found(site, ledger)

    [spool] = (site.path / "state").rglob("*.sqlite3")
    for file in (spool, spool.with_name(spool.name + "-wal")):
        if file.exists():
            file.write_bytes(os.urandom(file.stat().st_size))
    with load(site.url, "/plain/", clients=4):
        wait_until(lambda: list(spool.parent.glob("*.damaged-*")), 60, what="a file set aside")
    with load(site.url, "/plain/", clients=4) as later:
        wait_until(lambda: later.answers > 100, 60)

    assert later.mostly_shown
    ledger.references += later.references
    all_found(site, ledger)
