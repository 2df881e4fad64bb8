"""Run the demo from another program: for tests and screenshots."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A running demo: its launcher, its URL without a slash at the end, and its folder."""

    process: subprocess.Popen[str]
    url: str
    folder: Path

    def last_words(self) -> str:
        """Return what a demo said that has ended by itself."""
        assert self.process.stdout is not None
        return self.process.stdout.read()

    def stop(self) -> int:
        """Press Ctrl-C and wait for the end; return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """Run a demo in that folder; it has ended when the block has."""
    process = subprocess.Popen(
        [sys.executable, "-m", "project.demo"],
        env={**os.environ, "ERRORKIT_DEMO_DIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        try:
            yield Demo(process=process, url=_read_url(process), folder=folder)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(120)


def _read_url(process: subprocess.Popen[str]) -> str:
    """Return the URL from the banner; raises RuntimeError with all output if there is none."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if found := re.search(r"Site +(http://\S+)/$", line.rstrip()):
            return found[1]
    raise RuntimeError("".join(lines))
