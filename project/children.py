"""Processes that live and die with the one that started them."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
PATIENCE = 6.0  # seconds between asking a child to end and making it


class Child:
    """A process in a group of its own, with its output in a file."""

    def __init__(self, name: str, command: Sequence[str], *, env: Mapping[str, str], log: Path):
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - the command is written in this package
                command,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Its own group, so that Ctrl-C reaches us alone and we end all of its processes in order.
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
            )

    def has_ended(self) -> bool:
        """Return whether the process is gone."""
        return self.process.poll() is not None

    def ask_to_end(self) -> None:
        """Ask the process to finish what it is doing."""
        if not self.has_ended():
            self.process.terminate()

    def make_end(self, deadline: float) -> None:
        """Wait for the process until the deadline, then kill what is left of its group."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(deadline - time.monotonic(), 0))
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_words(self, lines: int = 20) -> str:
        """Return the end of what the process has written."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def end_all(children: Sequence[Child]) -> None:
    """End all of them: ask first, then insist."""
    for child in children:
        child.ask_to_end()
    deadline = time.monotonic() + PATIENCE
    for child in children:
        child.make_end(deadline)


def _die_with_parent() -> None:
    # Linux sends SIGTERM to the child when its parent dies in any way, kill -9 included.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
