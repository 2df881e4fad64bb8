"""Record that a release is in operation."""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from errorkit.incidents.deploys import record_deploy
from errorkit.incidents.triage import Actor


class Command(BaseCommand):
    """One marker, by whoever runs the command."""

    help = "Record a deploy marker: failures since then are shown beside those before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add what was put where."""
        parser.add_argument("release", help="as in ERRORKIT['RELEASE'], 128 letters at most")
        parser.add_argument("--environment", default="", help="this site's own by default")

    def handle(self, *args: Any, release: str, environment: str, **options: Any) -> None:
        """Write the marker; the release that is in operation already is not written again."""
        if not 0 < len(release) <= 128 or len(environment) > 64:
            raise CommandError("A release has 1 to 128 letters, an environment at most 64.")
        actor = Actor(user_id="", label=_whoever())
        deploy, created = record_deploy(release, environment=environment, actor=actor)
        word = "recorded" if created else "is in operation already since"
        self.stdout.write(f"{deploy.release} in {deploy.environment}: {word} {deploy.at:%F %T%z}")


def _whoever() -> str:
    try:
        return getpass.getuser()[:150]
    # A container's user may have no name.
    except (KeyError, OSError, ImportError):
        return ""
