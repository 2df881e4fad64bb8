"""The broker has forgotten everything and the database is an old copy: what is still news comes once, what is old does not come."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests import databases
from tests.processes import wait_until
from tests.servers import Redis
from tests.servers.smtp import Mailbox
from tests.sites import Site
from tests.sites.outbound import mail_settings

PREPARE = """
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.utils import timezone
from errorkit.models.transitions import Change, Transition
from errorkit.oncall.alerts import owe_alerts
from tests.delivery.factories import make_change, make_incident

def fail(kind, now):
    incident = make_incident(title=f"{kind}: it failed", first_seen=now, last_seen=now)
    owe_alerts([make_change(incident=incident, title=incident.title)], now)
"""
POLICY = f"""{PREPARE}
boss = get_user_model().objects.create_user("boss", email="boss@example.org")
policy = EscalationPolicy.objects.create(name="Default", group_wait=0, repeats=0)
for position in range(2):
    EscalationStep.objects.create(
        policy=policy, position=position, target="user", target_id=str(boss.pk), wait_minutes=90 * (1 - position)
    )
Route.objects.create(name="Some", policy=policy, exception="Step*")
"""
SENT_BEFORE = f"""{PREPARE}
for number in range(2):
    fail(f"Before{{number}}", timezone.now())
"""
WAITING = f"""{PREPARE}
long_ago = timezone.now() - timedelta(hours=2)
for number in range(3):
    fail(f"Old{{number}}", long_ago)
fail("StepOld", long_ago)
for number in range(3):
    fail(f"Fresh{{number}}", timezone.now())
"""
LATER = f"""{PREPARE}
Delivery.objects.all().delete()
Incident.objects.all().delete()
fail("Lost", timezone.now())
"""


@contextmanager
def copied(site: Site) -> Iterator[Callable[[], None]]:
    """Copy the site's database; gives a function that puts the copy in its place."""
    name = site.database.settings["NAME"]
    databases.execute("postgresql", f"CREATE DATABASE {name}_copy TEMPLATE {name}")

    def restore() -> None:
        databases.execute("postgresql", f"DROP DATABASE {name} WITH (FORCE)")
        databases.execute("postgresql", f"CREATE DATABASE {name} TEMPLATE {name}_copy")

    try:
        yield restore
    finally:
        databases.execute("postgresql", f"DROP DATABASE {name}_copy")


def titles(mailbox: Mailbox) -> Counter[str]:
    """Return how often each incident has been told of."""
    return Counter(str(message["Subject"]).split(": ")[1] for message in mailbox.messages)


@pytest.mark.needs_redis
@pytest.mark.needs_postgresql
def test_alerts_come_once_and_old_ones_expire_when_an_old_database_comes_back(
    make_site: Callable[..., Site],
) -> None:
    with Mailbox() as mailbox, Redis() as broker:
        site = make_site(
            engine="postgresql",
            tasks="",
            settings=mail_settings(mailbox)
            | {"CELERY_BROKER_URL": broker.url, "ERRORKIT": {"SWEEP_SECONDS": 1.0}},
            settings_text=(
                "from errorkit.beat import beat_schedule\n"
                "CELERY_BEAT_SCHEDULE = {**beat_schedule(sweep_seconds=1.0)}\n"
            ),
        )
        site.execute(POLICY)
        site.execute(SENT_BEFORE)
        worker = site.start_worker()
        wait_until(lambda: len(mailbox.messages) == 2, 120, what="the alerts before")
        wait_until(lambda: statuses(site) == {"accepted": 2}, 120, what="their rows")
        worker.stop()
        site.execute(WAITING)
        with copied(site) as restore:
            site.execute(LATER)
            restore()
        broker.kill9()
        broker.start()

        for number in range(2):
            site.start_worker("-s", str(site.path / f"beat-{number}"))
            site.run("manage.py", "errorkit_deliver", "--loop", log=f"sweeper-{number}.log")
        done = {"accepted": 6, "expired": 3}
        wait_until(lambda: statuses(site) == done, 120, what="the end of all deliveries")
        seen = swept(site)
        wait_until(lambda: swept(site) > seen, 120, what="another sweep")

        told = ["Before0", "Before1", "Fresh0", "Fresh1", "Fresh2", "StepOld"]
        assert titles(mailbox) == Counter(told)
        assert statuses(site) == done
        assert site.evaluate("Alert.objects.get(policy='Default').step") == 1


def statuses(site: Site) -> Counter[str]:
    return Counter(site.evaluate("list(Delivery.objects.values_list('status', flat=True))"))


def swept(site: Site) -> str:
    return str(site.evaluate("Heartbeat.objects.get(name='sweep').at.isoformat()"))
