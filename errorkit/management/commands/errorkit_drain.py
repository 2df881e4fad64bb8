"""Move what waits in the spool, or was left in a log, into the database."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from errorkit.exceptions import SpoolError
from errorkit.storage.digest import digest
from errorkit.storage.drain import DrainResult, drain, drain_lines
from errorkit.storage.local import local_spool, spool_problem


class Command(BaseCommand):
    """`errorkit_drain` empties this host's spool; `errorkit_drain FILE` (or -) reads stderr lines back."""

    help = "Store and group the reports that wait in this host's spool, or that a log holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the optional log file."""
        parser.add_argument("file", nargs="?", help="a log that stderr went to; - is stdin")

    def handle(self, *args: Any, file: str | None = None, **options: Any) -> None:
        """Drain, digest, and say how many."""
        try:
            moved = self._drain_spool() if file is None else self._drain_file(file)
        except (SpoolError, OSError) as error:
            raise CommandError(str(error)) from error
        digested = moved.digested
        while batch := digest().digested:
            digested += batch
        self.stdout.write(f"{moved.moved} reports stored, {digested} occurrences digested.")

    def _drain_spool(self) -> DrainResult:
        if local_spool() is None:
            raise CommandError(f"The spool cannot be used: {spool_problem()}")
        moved = digested = 0
        while (batch := drain(counts_too=True)).moved:
            moved += batch.moved
            digested += batch.digested
        return DrainResult(moved=moved, digested=digested)

    def _drain_file(self, file: str) -> DrainResult:
        if file == "-":
            return DrainResult(moved=drain_lines(sys.stdin))
        with Path(file).open(encoding="utf-8", errors="replace") as lines:
            return DrainResult(moved=drain_lines(lines))
