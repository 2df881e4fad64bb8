"""Processes are killed at random points under load: every reference that reached a client is found afterwards."""

import os
import random
import signal
import time
from collections.abc import Callable

import psutil
import pytest

from tests.faults.load import all_found, load
from tests.processes import wait_until
from tests.servers import Redis
from tests.sites import Site

VIEWS = """
from django.contrib.auth.models import User


def plain(request):
    raise RuntimeError("the view failed")


def reading(request):
    User.objects.count()
    raise RuntimeError("the view failed after reading")
"""
URLS = 'path("plain/", views.plain), path("reading/", views.reading),'
ROUNDS = 20


@pytest.mark.parametrize(
    "engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs_postgresql)]
)
def test_every_reference_is_found_when_web_workers_are_killed_under_load(
    make_site: Callable[..., Site], engine: str
) -> None:
    site = make_site(engine=engine, views=VIEWS, urls=URLS)
    site.start("gthread", workers=3, threads=4)
    assert site.web is not None
    master = psutil.Process(site.web.popen.pid)

    with load(site.url, "/plain/", "/reading/") as ledger:
        for _ in range(ROUNDS):
            before = ledger.answers
            wait_until(lambda before=before: ledger.answers > before + 5)  # type: ignore[misc]
            time.sleep(random.random() / 5)
            os.kill(random.choice(master.children()).pid, signal.SIGKILL)
            wait_until(lambda: len(master.children()) == 3)

    assert ledger.mostly_shown
    # Those killed last may have been the only ones at work: the sweep that every site has takes up what they left.
    site.manage("errorkit_deliver")
    all_found(site, ledger)


# The task fails as often as it is asked to; what it was shown goes into a file of its own, as a client would keep it.
TASKS = """
import errorkit
from celery import shared_task
from pathlib import Path

SHOWN = Path(__file__).parent.parent / "shown"


@shared_task
def fail_by_hand():
    receipt = errorkit.capture_exception(ValueError("the task failed"))
    with SHOWN.open("a") as file:
        file.write(f"{receipt.reference}\\n")
"""
FEED = """
from hostsite.tasks import fail_by_hand
for _ in range(40):
    fail_by_hand.delay()
"""


@pytest.mark.needs_postgresql
@pytest.mark.needs_redis
def test_every_reference_is_found_when_web_task_and_drainer_processes_are_killed_under_load(
    make_site: Callable[..., Site],
) -> None:
    with Redis() as broker:
        site = make_site(
            engine="postgresql",
            views=VIEWS,
            urls=URLS,
            tasks=TASKS,
            settings={"CELERY_BROKER_URL": broker.url, "ADMINS": []},
        )
        site.start("gthread", workers=2, threads=4)
        starts = {
            # Nobody waits until it is ready: it may be killed before.
            "worker": lambda: site.run(
                *("-m", "celery", "-A", "hostsite", "worker", "-c", "1"), log="worker.log"
            ),
            "sweeper": lambda: site.run("manage.py", "errorkit_deliver", "--loop", log="loop.log"),
            "drainer": lambda: site.run("manage.py", "errorkit_drain", log="drain.log"),
        }
        running = {name: start() for name, start in starts.items()}
        assert site.web is not None
        master = psutil.Process(site.web.pid)

        with load(site.url, "/plain/", "/reading/", clients=4) as ledger:
            for number in range(ROUNDS):
                before = ledger.answers
                site.execute(FEED)
                wait_until(lambda before=before: ledger.answers > before + 20, 60)  # type: ignore[misc]
                time.sleep(random.random() / 5)
                name = ("web", *starts)[number % 4]
                if name == "web":
                    os.kill(random.choice(master.children()).pid, signal.SIGKILL)
                    wait_until(lambda: len(master.children()) == 2, 60)
                else:
                    running[name].kill9()
                    running[name] = starts[name]()

        assert ledger.mostly_shown
        shown = site.path / "shown"
        wait_until(lambda: shown.exists() and len(shown.read_text()) > 200, 90, what="tasks")
        for process in running.values():
            process.stop()
        site.manage("errorkit_deliver")
        # The line that a task was killed in may be cut short.
        lines = shown.read_text().split("\n")[:-1]
        ledger.references += [line for line in lines if len(line) == len(ledger.references[0])]
        all_found(site, ledger)
        site.close()
