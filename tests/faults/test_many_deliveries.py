"""Two prefork workers and a long backlog: each row leaves once; `make bench` has ten thousand of them."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.delivery.texts import owe_text
from tests.processes import wait_until
from tests.servers import Redis
from tests.servers.sentry import Sentry
from tests.sites import Site

ROWS = 2_000
BEAT = """
from errorkit.beat import beat_schedule
CELERY_BEAT_SCHEDULE = {**beat_schedule(sweep_seconds=1.0)}
"""


@pytest.mark.needs_postgresql
@pytest.mark.needs_redis
def test_each_of_two_thousand_rows_leaves_once_when_two_workers_send(
    make_site: Callable[..., Site],
) -> None:
    with Sentry() as sentry, Redis() as redis:
        backend = "errorkit.delivery.channels.sentry.SentryChannel"
        channel = {"BACKEND": backend, "OPTIONS": {"DSN": sentry.dsn}}
        site = make_site(
            engine="postgresql",
            tasks="",
            settings={
                "CELERY_BROKER_URL": redis.url,
                "ERRORKIT": {"CHANNELS": {"sentry": channel}},
            },
            settings_text=BEAT,
        )
        site.execute(owe_text(ROWS))
        site.start_worker(pool="prefork")

        left = "Delivery.objects.exclude(status='accepted').count()"
        wait_until(lambda: len(sentry.accepted) >= ROWS, 280, what=f"{ROWS} deliveries")
        wait_until(lambda: site.evaluate(left) == 0, 60, what="all rows accepted")

        assert set(Counter(sentry.event_ids).values()) == {1}
        assert len(sentry.accepted) == ROWS
        assert site.evaluate("list(Delivery.objects.values_list('attempts').distinct())") == [[1]]
        assert site.evaluate("DeliveryAttempt.objects.count()") == ROWS
