"""Show what a reference or a request ID leads to, in the terminal."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from errorkit.incidents.search import find_occurrences
from errorkit.management.printing import printable
from errorkit.models import Occurrence


class Command(BaseCommand):
    """`errorkit_find REFERENCE_OR_REQUEST_ID`."""

    help = "Show the occurrences that a reference, a request ID or an occurrence id names."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add what to look for."""
        parser.add_argument("text", metavar="REFERENCE_OR_REQUEST_ID")

    def handle(self, *args: Any, text: str, **options: Any) -> None:
        """Print each match, newest first; exit 1 if there is none."""
        found = find_occurrences(text)
        if not found:
            raise CommandError("Nothing was found.")
        for occurrence in found:
            self.stdout.write(describe(occurrence))


def describe(occurrence: Occurrence) -> str:
    """Return the facts of one occurrence, a line each; control characters are shown, not sent to the terminal."""
    incident = occurrence.incident_id or "not yet digested"
    facts = {
        "reference": occurrence.reference,
        "id": occurrence.id,
        "what": occurrence.title,
        "where": occurrence.location,
        "when": occurrence.occurred_at.isoformat(),
        "request": f"{occurrence.method} {occurrence.path}".strip(),
        "status": occurrence.status,
        "request ID": occurrence.request_id,
        "user": occurrence.user_label or occurrence.user_id,
        "release": occurrence.release,
        "server": occurrence.server,
        "kept": "in full" if occurrence.full else "light",
        "incident": incident,
    }
    shown = {
        name: printable(str(value)) for name, value in facts.items() if value not in (None, "")
    }
    return "\n".join(f"{name + ':':12} {value}" for name, value in shown.items()) + "\n"
