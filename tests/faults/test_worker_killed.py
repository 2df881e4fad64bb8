"""Workers die in mid-send, the broker forgets everything, doorbells are lost: everything still arrives."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests import settings as ours
from tests.processes import wait_until
from tests.servers import Redis
from tests.servers.receiver import Received, Reply
from tests.servers.sentry import Sentry
from tests.sites import Site

# ERRORKIT_TEST_FAILURES=1000 where there is time.
FAILURES = int(os.environ.get("ERRORKIT_TEST_FAILURES", "400"))
KILLS = 3
CONCURRENCY = 2

# Every third doorbell goes to a queue that nobody reads.
TASKS = """
import itertools

from django.conf import settings

rings = itertools.count()


def lose_some(name, args, kwargs, options, task=None, **kw):
    if name == "errorkit.sweep" and next(rings) % 3 == 0:
        return {"queue": settings.CELERY_TASK_DEFAULT_QUEUE + "-lost"}
"""

FAIL = f"""
import errorkit, time
for number in range({FAILURES}):
    try:
        raise RuntimeError("failure")
    except RuntimeError as error:
        assert errorkit.capture_exception(error).durable
    time.sleep(0.002)
"""


class SlowSentry(Sentry):
    """Takes its time, so that there is a send to die in."""

    def default(self, request: Received) -> Reply:
        time.sleep(0.01)
        return super().default(request)


@contextmanager
def folder_broker(path: Path) -> Iterator[tuple[dict[str, Any], Callable[[], None]]]:
    path.mkdir()
    options = {name: str(path) for name in ("data_folder_in", "data_folder_out", "control_folder")}

    def wipe() -> None:
        for message in path.glob("*.msg"):
            message.unlink(missing_ok=True)

    settings = {"CELERY_BROKER_URL": "folder://", "CELERY_BROKER_TRANSPORT_OPTIONS": options}
    yield settings, wipe


@contextmanager
def redis_broker(path: Path) -> Iterator[tuple[dict[str, Any], Callable[[], None]]]:
    with Redis() as server:

        def wipe() -> None:
            server.kill9()
            server.start()

        yield {"CELERY_BROKER_URL": server.url}, wipe


@contextmanager
def rabbitmq_broker(path: Path) -> Iterator[tuple[dict[str, Any], Callable[[], None]]]:
    from kombu import Connection

    queue = f"errorkit-{uuid4().hex}"

    def wipe() -> None:
        with Connection(ours.AMQP_URL) as connection:
            connection.default_channel.queue_purge(queue)

    try:
        yield {"CELERY_BROKER_URL": ours.AMQP_URL, "CELERY_TASK_DEFAULT_QUEUE": queue}, wipe
    finally:
        with Connection(ours.AMQP_URL) as connection:
            for name in (queue, f"{queue}-lost"):
                connection.default_channel.queue_delete(name)
                connection.default_channel.exchange_delete(name)


BROKERS = [
    pytest.param(redis_broker, marks=pytest.mark.needs_redis, id="redis"),
    pytest.param(rabbitmq_broker, marks=pytest.mark.needs_rabbitmq, id="rabbitmq"),
    pytest.param(folder_broker, id="filesystem"),
]


@pytest.mark.parametrize("make_broker", BROKERS)
def test_everything_arrives_when_workers_are_killed_in_mid_send(
    make_broker: Callable[..., Any], make_site: Callable[..., Site], tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    with SlowSentry() as sentry, make_broker(tmp_path / "broker") as (broker, wipe):
        site = make_site(
            engine="sqlite",
            tasks=TASKS,
            settings={"CELERY_TASK_DEFAULT_QUEUE": "errorkit"}
            | broker
            | {
                "CELERY_TASK_ROUTES": ["hostsite.tasks.lose_some"],
                "ADMINS": [],
                "ERRORKIT": {
                    "LEASE_SECONDS": 3.0,
                    "LIMITS": {"BURST": FAILURES, "PER_PROCESS": FAILURES},
                    "CHANNELS": {
                        "sentry": {
                            "BACKEND": "errorkit.delivery.channels.sentry.SentryChannel",
                            "OPTIONS": {"DSN": sentry.dsn},
                        }
                    },
                },
            },
            settings_text=(
                "import project.broker\n"
                "from errorkit.beat import beat_schedule\n"
                "CELERY_BEAT_SCHEDULE = {**beat_schedule(sweep_seconds=1.0)}\n"
            ),
        )
        failing = site.run("-c", f"import django; django.setup()\n{FAIL}", log="failing.log")
        kills_at = sorted(chance.sample(range(20, FAILURES - 100), KILLS))
        for enough in kills_at:
            worker = site.start_worker(pool="prefork")
            wait_until(lambda: len(sentry.accepted) >= enough, 120, what=f"{enough} events")  # noqa: B023
            worker.kill9()
            wipe()
        site.start_worker(pool="prefork")
        assert failing.popen.wait(120) == 0, failing.output()
        wait_until(lambda: len(set(sentry.event_ids)) == FAILURES, 240, what="all accepted")
        unfinished = "Delivery.objects.filter(channel='sentry').exclude(status='accepted').count()"
        wait_until(lambda: site.evaluate(unfinished) == 0, 60, what="all rows accepted")

        counts = Counter(sentry.event_ids)
        occurrences = site.evaluate("[o.id.hex for o in Occurrence.objects.all()]")
        # Before the broker is tidied up: a worker that loses its queue declares it anew.
        site.close()
        assert len(occurrences) == FAILURES
        assert set(counts) == set(occurrences)
        assert counts.total() - FAILURES <= KILLS * CONCURRENCY, f"in flight, seed {seed}"
