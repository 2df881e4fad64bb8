"""Erase one person's data."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError

from errorkit.conf import get_config
from errorkit.exceptions import SpoolError
from errorkit.management.printing import printable
from errorkit.models import Delivery
from errorkit.storage.erasing import duties_of, erase

LONGEST = 64


class Command(BaseCommand):
    """`errorkit_erase --user ID [--dry-run]`; run it on each host that has a spool."""

    help = "Erase one person's data: occurrences, spool, feedback; list what has left already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --user and --dry-run."""
        parser.add_argument("--user", required=True, metavar="ID", help="the user's primary key")
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *args: Any, user: str, dry_run: bool, **options: Any) -> None:
        """Erase, and say what went and what cannot be recalled."""
        user_id = user.strip()
        if not user_id or len(user_id) > LONGEST or not user_id.isprintable():
            raise CommandError("--user takes the primary key of one user.")
        try:
            if duties := duties_of(user_id, get_config().database):
                raise CommandError(f"Somebody else has to take over first: {', '.join(duties)}.")
            erased = erase(user_id, dry_run=dry_run)
        except (SpoolError, DatabaseError) as error:
            raise CommandError(f"Run it again, not everything is done: {error}") from error
        verb = "would be erased" if dry_run else "erased"
        for name, number in erased.rows.items():
            self.stdout.write(f"{number} {name} {verb}")
        if not erased.rows:
            self.stdout.write("Nothing of this person is stored.")
        for delivery in erased.left:
            self.stdout.write(describe(delivery))
        self.stdout.write(
            "Not reached: spools of other hosts, backups, logs, and occurrences that were recorded without a user."
        )


def describe(delivery: Delivery) -> str:
    """Return the line about what has left."""
    when = f"{delivery.finished_at:%Y-%m-%d %H:%M}" if delivery.finished_at else "once"
    upstream = delivery.upstream_url or delivery.upstream_id or "without an id"
    return printable(f"cannot be recalled: {delivery.channel} accepted {upstream} on {when}")
