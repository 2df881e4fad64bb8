"""Run the demo: database, login, web server and a Celery worker with beat, until Ctrl-C. `python -m project.demo [PORT]`."""

import fcntl
import http.client
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from project.children import Child, end_all

BASE_DIR = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
PORTS = range(8000, 8050)
# Ctrl-C is among them because a shell that starts something in the background has it ignored there.
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STARTING = 60.0  # seconds that the web server may take

BANNER = """
  errorkit demo

  Site    {url}/
  Admin   {url}/admin/   user: admin   password: admin
  Logs    {logs}

  Ctrl-C ends it and leaves nothing behind.
"""


class DemoError(Exception):
    """The demo cannot run; the text says why."""


def main() -> int:
    """Run until somebody asks to stop; return the exit code."""
    folder = Path(os.environ.get("ERRORKIT_DEMO_DIR", BASE_DIR / "var" / "demo")).resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with _only_one(folder), _stop_signals():
            return _run(folder)
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _run(folder: Path) -> int:
    url = f"http://{HOST}:{_choose_port()}"
    _clean(folder)
    os.environ["ERRORKIT_DEMO_DIR"] = str(folder)
    os.environ["ERRORKIT_DEMO_URL"] = url
    children: list[Child] = []
    try:
        _prepare()
        children += _start(folder, url)
        _await_answer(url, children)
        print(BANNER.format(url=url, logs=folder / "*.log"), flush=True)
        _watch(children)
    except KeyboardInterrupt:
        print("\n  Stopping ...", flush=True)
    except DemoError:
        # The logs stay, because they say why.
        end_all(children)
        raise
    end_all(children)
    _clean(folder)
    return 0


def _prepare() -> None:
    """Make the database and the login."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)

    from django.contrib.auth import get_user_model
    from django.db import connections

    get_user_model().objects.create_superuser("admin", "admin@example.com", "admin")
    connections.close_all()


def _start(folder: Path, url: str) -> Iterator[Child]:
    """Start the web server and the worker."""
    python = [sys.executable, "-u", "-m"]
    address = url.removeprefix("http://")
    web = ["gunicorn", "--bind", address, "--threads", "8", "--graceful-timeout", "3"]
    worker = ["celery", "-A", "project", "worker", "-P", "solo", "-B", "-l", "INFO"]
    worker += ["-s", str(folder / "beat"), "--without-gossip", "--without-mingle"]
    worker += ["--without-heartbeat"]
    env = {**os.environ, "PYTHONWARNINGS": "ignore"}
    yield Child("web", [*python, *web, "project.wsgi:application"], env=env, log=folder / "web.log")
    yield Child("worker", [*python, *worker], env=env, log=folder / "worker.log")


def _await_answer(url: str, children: list[Child]) -> None:
    """Wait until the start page is there."""
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline:
        _check_alive(children)
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
        try:
            connection.request("GET", "/")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise DemoError(f"the start page did not come up.\n{children[0].last_words()}")


def _watch(children: list[Child]) -> None:
    """Return never, unless a child ends by itself: that is an error."""
    while True:
        _check_alive(children)
        time.sleep(0.5)


def _check_alive(children: list[Child]) -> None:
    for child in children:
        if child.has_ended():
            raise DemoError(f"the {child.name} process ended; {child.log}:\n{child.last_words()}")


def _choose_port() -> int:
    """Return the port asked for, else the first one that is free."""
    wanted = [int(text) for text in sys.argv[1:2]] or PORTS
    for port in wanted:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise DemoError(f"no free port between {wanted[0]} and {wanted[-1]}")


def _clean(folder: Path) -> None:
    """Remove what a demo has made, and nothing else: the folder may be anybody's."""
    for name in ("broker", "mails", "spool"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for pattern in ("db.sqlite3*", "beat*", "web.log", "worker.log"):
        for file in folder.glob(pattern):
            file.unlink(missing_ok=True)


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Keep a second demo out of the same folder."""
    file = folder / "lock"
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DemoError(f"it is already running in {folder}") from None
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


@contextmanager
def _stop_signals() -> Iterator[None]:
    """Treat a request to end, and a closed terminal, like Ctrl-C."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
