"""Health at a glance."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from errorkit.health import Facts, Problem, look, problems_of
from errorkit.health.access import health_token
from errorkit.health.summary import summary_of

SECONDS = 5.0


class Command(BaseCommand):
    """`errorkit_status [--json]`; ends with 1 while errorkit does not do its job. `--token` prints what opens the details of `health/` and `metrics/`."""

    help = "Show the spool, the outbox, the last sweep and what is wrong."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --json and --token."""
        parser.add_argument("--token", action="store_true", help="print the token of health/")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        if options["token"]:
            self.stdout.write(health_token())
            return
        facts = look(seconds=SECONDS)
        problems = problems_of(facts)
        if options["json"]:
            found = [asdict(problem) for problem in problems]
            self.stdout.write(json.dumps({**asdict(facts), "problems": found}, indent=2))
        else:
            self.stdout.write("\n".join(describe(facts, problems)))
        if any(problem.failing for problem in problems):
            raise SystemExit(1)


def describe(facts: Facts, problems: list[Problem]) -> list[str]:
    """Return the lines to print."""
    lines = [f"{name + ':':24} {value}" for name, value in summary_of(facts)]
    marks = {True: "FAILING", False: "look at"}
    lines += [f"{marks[problem.failing]}: {problem.text}" for problem in problems]
    return lines if problems else [*lines, "All is well."]
