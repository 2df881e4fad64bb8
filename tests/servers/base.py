"""What all servers have in common: a folder, a port, a process, an end."""

import abc
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.processes import Process, wait_until


class Server(abc.ABC):
    """A server whose data outlive its process, until `close`."""

    name: str
    default_port: int
    # The account that the Debian package made: these servers refuse to run as root.
    account: str | None = None
    # The signal that ends it quickly and in good order.
    ending: int = signal.SIGTERM

    def __init__(self, *, port: int = 0) -> None:
        self.port = port or free_port()
        self.user = self.account if os.getuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix=f"errorkit-{self.name.lower()}-"))
        self.log = self.folder / "log"
        self.process: Process | None = None
        if self.user:
            shutil.chown(self.folder, self.user)
        self.prepare()

    def prepare(self) -> None:  # noqa: B027 - Redis has nothing to prepare
        """Make the data folder."""

    @abc.abstractmethod
    def command(self) -> list[str]:
        """Return the program and its arguments."""

    @abc.abstractmethod
    def answers(self) -> bool:
        """Return whether a client is served."""

    def environ(self) -> dict[str, str]:
        return dict(os.environ)

    def start(self) -> Self:
        """Start it, on the same port and data as before, and return when it serves clients."""
        self.process = Process(
            self.command(), log=self.log, cwd=self.folder, env=self.environ(), user=self.user
        )
        wait_until(self._ready, 60, what=f"{self.name} on port {self.port}")
        return self

    def stop(self) -> None:
        if self.process:
            self.process.stop(how=self.ending)

    def kill9(self) -> None:
        if self.process:
            self.process.kill9()

    def freeze(self) -> None:
        """Stop the clock for it: it accepts connections, and nothing answers on them."""
        if self.process:
            self.process.freeze()

    def thaw(self) -> None:
        if self.process:
            self.process.thaw()

    def close(self) -> None:
        """End it and remove its data."""
        self.thaw()
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _ready(self) -> bool:
        if self.process and not self.process.alive:
            raise AssertionError(f"{self.name} ended:\n{self.process.output()}")
        return self.answers()

    def _run(self, *command: str) -> None:
        """Run a program of the server as its user; AssertionError with its output on failure."""
        done = subprocess.run(
            command, cwd=self.folder, user=self.user, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def free_port() -> int:
    """Return a port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if not found:
        raise FileNotFoundError(f"{name} is not installed")
    return found


def listens(port: int) -> bool:
    """Return whether somebody accepts connections on this port of 127.0.0.1."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            return True
    except OSError:
        return False
