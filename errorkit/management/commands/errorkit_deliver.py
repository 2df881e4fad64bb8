"""Do the worker's job without Celery."""

import contextlib
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from errorkit.conf import get_config, get_problems
from errorkit.models import Delivery
from errorkit.sweep import SweepResult, sweep

# So long may one round take, and a stop with it, beyond what the delivery in flight needs.
ROUND_SECONDS = 5.0


class Command(BaseCommand):
    """One sweep, or one every SWEEP_SECONDS until SIGTERM or SIGINT."""

    help = "Drain, digest and deliver what is due: once, or for ever with --loop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --loop."""
        parser.add_argument("--loop", action="store_true", help="go on until SIGTERM or SIGINT")

    def handle(self, *args: Any, loop: bool = False, **options: Any) -> None:
        """Fail with one sentence where this can never work; outages of the database end one round, not the loop."""
        _refuse_if_misconfigured()
        if loop:
            self._loop()
            return
        try:
            self.stdout.write(_describe(_round()))
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(f"The database does not do what is asked: {error}") from error

    def _loop(self) -> None:
        failing = False
        with _stop_event() as stopped:
            self.stdout.write("errorkit delivers; stop it with SIGTERM or Ctrl-C.")
            while not stopped.is_set():
                pause = get_config().sweep_seconds
                try:
                    result = _round()
                    # Where a backlog is waiting there is no reason to.
                    pause = 0.0 if result.delivered or result.digested else pause
                    failing = False
                except (DatabaseError, InterfaceError) as error:
                    connections.close_all()
                    if not failing:
                        self.stderr.write(f"The database does not answer, trying on: {error}")
                    failing = True
                stopped.wait(pause)
        self.stdout.write("errorkit has stopped.")


def _round() -> SweepResult:
    close_old_connections()
    return sweep(seconds=ROUND_SECONDS)


def _refuse_if_misconfigured() -> None:
    config = get_config()
    if problems := get_problems():
        raise CommandError(problems[0].message)
    if not config.enabled:
        raise CommandError("ERRORKIT['ENABLED'] is False: there is nothing to deliver.")
    if config.database not in connections:
        raise CommandError(f"ERRORKIT['DATABASE'] is {config.database!r}, which DATABASES lacks.")
    with contextlib.suppress(DatabaseError, InterfaceError):
        tables = connections[config.database].introspection.table_names()
        if Delivery._meta.db_table not in tables:
            raise CommandError(f"errorkit has no tables in {config.database!r}: run migrate.")


def _describe(result: SweepResult) -> str:
    return f"drained {result.drained}, digested {result.digested}, delivered {result.delivered}"


@contextlib.contextmanager
def _stop_event() -> Iterator[threading.Event]:
    """Return an event that SIGTERM and SIGINT set: the delivery in flight is finished, then the loop ends."""
    stopped = threading.Event()
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: stopped.set()) for number in numbers]
    try:
        yield stopped
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
