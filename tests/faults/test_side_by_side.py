"""Several workers and sweepers at once: each row is claimed by one of them."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.delivery.texts import owe_text
from tests.servers.sentry import Sentry
from tests.services import EVERY_DATABASE
from tests.sites import Site

ROWS = 80

SWEEP = """
import django; django.setup()
from errorkit.delivery.outbox import send_due
print("ready", flush=True)
while send_due(seconds=30):
    pass
"""

DELIVER = """
import django; django.setup()
from errorkit.delivery.outbox import deliver
from errorkit.models import Delivery
print("ready", flush=True)
for pk in Delivery.objects.values_list("pk", flat=True):
    deliver(pk)
"""


@pytest.mark.parametrize("engine", EVERY_DATABASE)
def test_each_row_is_sent_once_when_sweepers_and_workers_run_at_once(
    engine: str, make_site: Callable[..., Site]
) -> None:
    with Sentry() as sentry:
        backend = "errorkit.delivery.channels.sentry.SentryChannel"
        channel = {"BACKEND": backend, "OPTIONS": {"DSN": sentry.dsn}}
        site = make_site(engine=engine, settings={"ERRORKIT": {"CHANNELS": {"sentry": channel}}})
        site.execute(owe_text(ROWS))

        crowd = [
            site.run("-c", code, log=f"{number}.log")
            for number, code in enumerate([SWEEP, DELIVER, SWEEP, DELIVER])
        ]
        endings = [process.popen.wait(120) for process in crowd]

        assert endings == [0, 0, 0, 0], [process.output() for process in crowd]
        assert set(Counter(sentry.event_ids).values()) == {1}
        assert len(sentry.accepted) == ROWS
        statuses = site.evaluate("list(Delivery.objects.values_list('status', 'attempts'))")
        assert statuses == [["accepted", 1]] * ROWS
