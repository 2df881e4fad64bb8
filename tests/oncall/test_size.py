"""The round of the sweep at size."""

import time
from datetime import date, timedelta
from datetime import time as clock_time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from errorkit.models import Alert, Delivery, Incident, Layer, LayerMember, Schedule
from errorkit.oncall.rounds import go_round
from tests.delivery.factories import make_incident
from tests.oncall.world import World

SCHEDULES, INCIDENTS, DUE = 1_000, 10_000, 100
# The promise is one second on PostgreSQL; a busy machine may take ten times as long.
SECONDS = 10.0


def add_schedules(site: World, now: Any, count: int) -> list[str]:
    """Store schedules of the same three people; return their ids in the order of their turns."""
    ids = list(site.add_people("ada", "bob", "cleo").values())
    Schedule.objects.bulk_create(
        Schedule(
            name=f"Team {number}",
            zone="Europe/Berlin",
            on_call_id=ids[1],
            next_change_at=now + timedelta(hours=1),
            checked_at=now,
        )
        for number in range(count)
    )
    Layer.objects.bulk_create(
        Layer(schedule=schedule, starts_on=date(2026, 1, 5), handoff_at=clock_time(9))
        for schedule in Schedule.objects.all()
    )
    LayerMember.objects.bulk_create(
        LayerMember(layer=layer, position=position, user_id=user_id, label="Ada")
        for layer in Layer.objects.all()
        for position, user_id in enumerate(ids)
    )
    return ids


def add_alerts(now: Any) -> None:
    like = make_incident()
    Incident.objects.bulk_create(
        [
            Incident(
                title=f"Error{number}: it failed",
                kind="request",
                level="error",
                environment="production",
                first_seen=like.first_seen,
                last_seen=now,
            )
            for number in range(INCIDENTS)
        ],
        batch_size=1_000,
    )
    Alert.objects.bulk_create(
        [
            Alert(
                incident=incident,
                policy="Default",
                plan={"policy": "Default", "steps": [], "repeat_minutes": 240},
                transition="opened",
                told_at=now,
                next_step_at=now + timedelta(hours=4),
            )
            for incident in Incident.objects.exclude(pk=like.pk)
        ],
        batch_size=1_000,
    )


def give_each_a_schedule(alerts: list[Alert]) -> None:
    """Let each alert go to a schedule of its own, and thus to people of its own."""
    for alert, schedule in zip(alerts, Schedule.objects.order_by("pk"), strict=False):
        step = {"target": "schedule", "id": str(schedule.pk), "label": "", "wait": 10}
        alert.plan = {"policy": "Default", "steps": [step], "repeat_minutes": 240}
    Alert.objects.bulk_update(alerts, ["plan"])


def test_round_is_quick_when_there_are_many_schedules_and_open_incidents(site: World) -> None:
    now = timezone.now()
    add_schedules(site, now, SCHEDULES)
    add_alerts(now)
    quiet, queries = measure(now + timedelta(seconds=5))
    assert Delivery.objects.count() == 0
    assert queries < 30
    due = list(Alert.objects.order_by("pk")[:DUE])
    Alert.objects.filter(pk__in=[alert.pk for alert in due]).update(next_step_at=now)
    busy, together = measure(now + timedelta(seconds=10))
    assert Delivery.objects.filter(purpose="alert").count() == len(due)
    assert together < 60
    give_each_a_schedule(due)
    Alert.objects.filter(pk__in=[alert.pk for alert in due]).update(next_step_at=now)
    spread, apart = measure(now + timedelta(seconds=15))
    print(
        f"{connection.vendor}: {quiet:.3f} s, {queries} queries; {DUE} steps due: {busy:.3f} s, {together}; "
        f"in as many schedules: {spread:.3f} s, {apart}"
    )
    assert max(quiet, busy, spread) < SECONDS


def measure(now: Any) -> tuple[float, int]:
    """Return how many seconds and queries a round takes."""
    with CaptureQueriesContext(connection) as queries:
        began = time.perf_counter()
        go_round(now)
        return time.perf_counter() - began, len(queries)


@pytest.mark.parametrize("broken", [0, 20])
def test_change_of_hands_is_noticed_everywhere_when_some_schedules_are_broken(
    site: World, broken: int
) -> None:
    now = timezone.now()
    ids = add_schedules(site, now, 250)
    odd = list(Schedule.objects.values_list("pk", flat=True)[:broken])
    Layer.objects.filter(schedule__in=odd).update(unit="moons")
    later = now + timedelta(days=7)
    for _ in range(3):
        go_round(later)
    assert Schedule.objects.filter(on_call_id=ids[2]).count() == 250 - broken
    assert not Schedule.objects.filter(next_change_at__lte=later).exists()
