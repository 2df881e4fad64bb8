"""Start real processes, wait for what they do, and be sure that they are gone afterwards."""

import atexit
import contextlib
import os
import pwd
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import psutil

T = TypeVar("T")


def wait_until(predicate: Callable[[], T | None], seconds: float = 20.0, *, what: str = "") -> T:
    """Poll until the predicate returns something true, and return that.

    Raises AssertionError after `seconds`, naming `what` was awaited. The deadline is for the worst
    machine: a test that passes never waits for it.
    """
    deadline = time.monotonic() + seconds
    pause = 0.005
    while True:
        result = predicate()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what or predicate}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


class Process:
    """One program with all its children, led by a process group of its own, logging to a file."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self.log = log
        self.command = [str(part) for part in command]
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                self.command,
                cwd=cwd,
                env=env,
                user=user,
                group=pwd.getpwnam(user).pw_gid if user else None,
                extra_groups=[] if user else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own: one signal reaches the workers too, and never the test run.
                start_new_session=True,
            )
        self._gone = False
        atexit.register(self.kill9)

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    def output(self) -> str:
        """Return everything logged so far, by all processes that shared the file."""
        return self.log.read_text(errors="replace")

    def wait_for_output(self, pattern: str, seconds: float = 30.0) -> re.Match[str]:
        """Return the first match in the log; fail with the log if the process dies before."""

        def look() -> re.Match[str] | None:
            ended = not self.alive
            match = re.search(pattern, self.output())
            if ended and not match:
                raise AssertionError(f"{self.command[0]} ended with its log:\n{self.output()}")
            return match

        return wait_until(look, seconds, what=f"{pattern!r} from {self.command}")

    def send(self, number: int) -> None:
        """Send a signal to the program and all its descendants; silent if they are gone."""
        # Some children lead groups of their own (PostgreSQL's do); orphans are only found by group.
        _send(self.descendants(), number)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def freeze(self) -> None:
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self.send(signal.SIGCONT)

    def kill9(self) -> None:
        """End every process of it at once, as a power cut would."""
        if self._gone:
            return
        family = self.descendants()
        self.send(signal.SIGKILL)
        self.popen.wait(10)
        # Their ports are free, and their files closed, only once they are gone too.
        wait_until(lambda: not any(map(_runs, family)), what=f"the end of {self.command}")
        self._gone = True
        atexit.unregister(self.kill9)

    def stop(self, seconds: float = 15.0, *, how: int = signal.SIGTERM) -> int:
        """End politely, then by force; return the exit status. Nothing of it survives."""
        family = self.descendants()
        if self.alive:
            os.kill(self.pid, how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(seconds)
        # Whoever has left both the family and the group is still known from before.
        _send(family, signal.SIGKILL)
        self.kill9()
        return self.popen.returncode

    def descendants(self) -> list[psutil.Process]:
        """Return its children, their children and so on."""
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []


def _send(processes: list[psutil.Process], number: int) -> None:
    for process in processes:
        # psutil compares start times: an id that was given to a stranger since is left alone.
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _runs(process: psutil.Process) -> bool:
    """Return whether it runs; a zombie that nobody collects does not."""
    try:
        if process.status() != psutil.STATUS_ZOMBIE:
            return process.is_running()
        # While threads of a zombie are still ending, its sockets are still open.
        return len(list(Path(f"/proc/{process.pid}/task").iterdir())) > 1
    except (psutil.NoSuchProcess, FileNotFoundError):
        return False
