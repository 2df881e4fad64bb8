"""The broker is refused, silent or a black hole: no request waits for it, and all is delivered on its return."""

import contextlib
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.processes import wait_until
from tests.servers import Redis, free_port
from tests.servers.receiver import black_hole, mute
from tests.servers.sentry import Sentry
from tests.sites import Site

REQUESTS = 20
PLACES: dict[str, Callable[[], Any]] = {
    "refused": lambda: contextlib.nullcontext(free_port()),
    "silent": mute,
    "black hole": black_hole,
}


def median_ms(site: Site) -> float:
    """Fail so often that the doorbell is rung, or tried, several times meanwhile."""
    taken = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        assert site.get("/boom/").status_code == 500
        taken.append((time.perf_counter() - started) * 1000)
        time.sleep(0.05)
    return statistics.median(taken)


@pytest.mark.trap("T9")
@pytest.mark.needs_redis
@pytest.mark.parametrize("place", PLACES)
def test_requests_do_not_wait_and_all_arrives_when_the_broker_is(
    place: str, make_site: Callable[..., Site]
) -> None:
    with Sentry() as sentry, contextlib.ExitStack() as broken:
        port = broken.enter_context(PLACES[place]())
        backend = "errorkit.delivery.channels.sentry.SentryChannel"
        channel = {"BACKEND": backend, "OPTIONS": {"DSN": sentry.dsn}}
        site = make_site(
            tasks="",
            settings={
                "CELERY_BROKER_URL": f"redis://127.0.0.1:{port}/0",
                "ERRORKIT": {"CHANNELS": {"sentry": channel}},
            },
            settings_text=(
                "import os\n"
                "from errorkit.beat import beat_schedule\n"
                "CELERY_BEAT_SCHEDULE = {**beat_schedule(sweep_seconds=1.0)}\n"
                "ERRORKIT['DISPATCH'] = os.environ.get('DISPATCH', 'auto')\n"
            ),
        )
        site.environ["DISPATCH"] = "command"
        site.start()
        without = median_ms(site)
        site.stop()
        site.environ["DISPATCH"] = "auto"
        site.start()
        with_broken = median_ms(site)
        # The least that waiting for it could cost is a connection's time-out, 1,000 ms.
        assert with_broken < 3 * without + 100

        broken.close()
        with Redis(port=port):
            site.start_worker()
            wait_until(lambda: len(set(sentry.event_ids)) == 2 * REQUESTS, 60, what="all delivered")
            site.close()

        assert len(sentry.event_ids) == 2 * REQUESTS, "nothing twice"
