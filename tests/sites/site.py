"""A written site: run its commands, start its servers, read its answers."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx

from tests import databases
from tests.processes import Process

ROOT = Path(__file__).resolve().parent.parent.parent
Server = Literal["sync", "gthread", "gevent", "uvicorn", "uwsgi"]


@dataclass(slots=True, kw_only=True)
class Site:
    """A written site: its commands, its servers, its answers."""

    path: Path
    database: databases.Database
    environ: dict[str, str] = field(default_factory=dict)
    port: int = 0
    web: Process | None = None
    processes: list[Process] = field(default_factory=list)
    console: "subprocess.Popen[str] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """The environment of its processes: ours without the test run's, plus `environ`."""
        ours = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DJANGO_", "PYTEST_", "ERRORKIT_", "CELERY_", "SENTRY_"))
        }
        return ours | {
            "DJANGO_SETTINGS_MODULE": "hostsite.settings",
            "PYTHONPATH": f"{self.path}{os.pathsep}{ROOT}",
            "PYTHONUNBUFFERED": "1",
            # Where the spool goes by default.
            "XDG_STATE_HOME": str(self.path / "state"),
            **self.environ,
        }

    def manage(self, *arguments: str, check: bool = True, input: str = "") -> str:  # noqa: A002
        """Run manage.py and return what it printed; AssertionError with all of it on failure."""
        return self._run([self.path / "manage.py", *arguments], check=check, text=input)

    def evaluate(self, expression: str) -> Any:
        """Evaluate a Python expression in the site and return its value through JSON.

        The models of errorkit are there by name; what JSON does not know comes as text.
        """
        return self._ask("eval", expression)

    def execute(self, code: str) -> str:
        """Run Python statements in the site, set up, and return what they printed."""
        return str(self._ask("exec", code))

    def start(self, server: Server = "gthread", *, workers: int = 1, threads: int = 8) -> None:
        """Serve it on a free port (after a restart: the same) and return when it listens."""
        where = f"127.0.0.1:{self.port}"
        gunicorn = ["-m", "gunicorn", "hostsite.wsgi:application", "--bind", where]
        # Its control socket would lie in the home folder, one for all runs.
        gunicorn.append("--no-control-socket")
        commands: dict[str, list[str]] = {
            "sync": [*gunicorn, "-k", "sync", "-w", str(workers)],
            "gthread": [*gunicorn, "-k", "gthread", "-w", str(workers), "--threads", str(threads)],
            "gevent": [*gunicorn, "-k", "gevent", "-w", str(workers)],
            "uwsgi": [
                *("-c", "import pyuwsgi, sys; pyuwsgi.run(sys.argv[1:])"),
                *("--http-socket", where, "--module", "hostsite.wsgi:application", "--need-app"),
                *("--master", "--die-on-term", "--processes", str(workers), "--enable-threads"),
                *("--threads", str(threads)),
            ],
            "uvicorn": [
                *("-m", "uvicorn", "hostsite.asgi:application", "--lifespan", "off"),
                *("--host", "127.0.0.1", "--port", str(self.port), "--workers", str(workers)),
            ],
        }
        self.web = self.run(*commands[server], log=f"web-{len(self.processes)}.log")
        said = self.web.wait_for_output(
            r"(?:Listening at:|running on|bound to TCP address) (?:http://)?127\.0\.0\.1:(\d+)"
        )
        self.port = int(said[1])

    def start_worker(self, *options: str, pool: str = "prefork", beat: bool = True) -> Process:
        """Start a Celery worker, with beat inside unless told not to; return when it is ready."""
        if beat:
            options = ("-B", "-s", str(self.path / "beat"), *options)
        worker = self.run(
            *("-m", "celery", "-A", "hostsite", "worker", "-l", "INFO", "-P", pool),
            *("-c", "2", "-n", f"{uuid.uuid4().hex}@127.0.0.1", *options),
            log=f"worker-{len(self.processes)}.log",
        )
        worker.wait_for_output(r" ready\.", 60)
        return worker

    def run(self, *arguments: str, log: str) -> Process:
        """Start Python with these arguments in the site; it ends with the site at the latest."""
        process = Process(
            [sys.executable, *arguments], log=self.path / log, cwd=self.path, env=self.env
        )
        self.processes.append(process)
        return process

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request over a connection of its own; redirects are not followed."""
        with httpx.Client(base_url=self.url, trust_env=False, timeout=30) as client:
            return client.request(method, path, **options)

    def output(self) -> str:
        """Return what the web server, and everything in it, has logged since its start."""
        return self.web.output() if self.web else ""

    def stop(self) -> None:
        """Stop the web server politely."""
        if self.web:
            self.web.stop()

    def kill9(self) -> None:
        """End the web server and its workers at once."""
        if self.web:
            self.web.kill9()

    def close(self) -> None:
        """Stop everything and drop the database. The fixture calls it."""
        for process in reversed(self.processes):
            process.stop(5)
        if self.console:
            self.console.kill()
            self.console.communicate()
        self.database.drop()

    def _ask(self, kind: str, code: str) -> Any:
        """Have the console run it; the console starts with the first question."""
        if self.console is None:
            self.console = subprocess.Popen(
                [sys.executable, "-m", "tests.sites.console"],
                cwd=self.path,
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self.console.stdin
        assert self.console.stdout
        self.console.stdin.write(json.dumps({"kind": kind, "code": code}) + "\n")
        self.console.stdin.flush()
        answer = json.loads(self.console.stdout.readline())
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["value"]

    def _run(self, arguments: Sequence[str | Path], *, check: bool = True, text: str = "") -> str:
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=self.path,
            env=self.env,
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(
                f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done.stdout
