"""Retention."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from errorkit.storage.retention import prune


class Command(BaseCommand):
    """`errorkit_prune [--dry-run]`."""

    help = "Delete what is past ERRORKIT['RETENTION'], in small batches."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --dry-run and --seconds."""
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")
        parser.add_argument("--seconds", type=float, default=600.0, help="stop after so long")

    def handle(self, *args: Any, dry_run: bool, seconds: float, **options: Any) -> None:
        """Prune, and say what went."""
        result = prune(dry_run=dry_run, seconds=seconds)
        verb = "would be deleted" if dry_run else "deleted"
        for name, count in result.deleted.items():
            self.stdout.write(f"{count} {name} {verb}")
        if not result.deleted:
            self.stdout.write("Nothing is past its retention.")
        if not result.finished:
            self.stdout.write("The time was up; the next run goes on.")
