"""What a new fingerprint version, or a changed IN_APP, does to the incidents there are."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from errorkit.management.printing import printable
from errorkit.storage.regrouping import Part, Regrouped, regroup


class Command(BaseCommand):
    """`errorkit_regroup [--dry-run]`; run again after it was cut off, it goes on where it was."""

    help = "Group the stored reports anew: list incidents that join or split, and have them do so."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --dry-run and --seconds."""
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")
        parser.add_argument("--seconds", type=float, default=3600.0, help="stop after so long")

    def handle(self, *args: Any, dry_run: bool, seconds: float, **options: Any) -> None:
        """Regroup, print each incident that changes, and sum up."""
        incidents = changed = untold = 0
        for found in regroup(dry_run=dry_run, seconds=seconds):
            incidents += 1
            untold += found.untold
            if found.changes:
                changed += 1
                self.stdout.write(describe(found))
        verb = "would change" if dry_run else "changed"
        self.stdout.write(
            f"{changed} of {incidents} incidents {verb}; {untold} reports do not tell, and stay."
        )


def describe(found: Regrouped) -> str:
    """Return the lines about one incident."""
    incident = found.incident
    lines = [
        f"incident {incident.pk}, seen {incident.times_seen} times: {printable(incident.title)}"
    ]
    lines += [f"  joins {_name(other)}" for other in found.joins]
    lines += [f"  {_about(part)}" for part in found.parts]
    return "\n".join(lines)


def _about(part: Part) -> str:
    return f"{len(part.rows)} go to {_name(part.into)} ({part.fingerprint})"


def _name(incident: int | None) -> str:
    return f"incident {incident}" if incident is not None and incident > 0 else "a new incident"
