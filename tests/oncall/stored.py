"""Stored schedules for the tests."""

from datetime import date, time
from typing import Any

from errorkit.models import Layer, LayerMember, Schedule


def make_schedule(*people: str, name: str = "Web", zone: str = "Europe/Berlin") -> Schedule:
    """Store a schedule of weekly turns that change hands on Mondays at nine, since 2026-01-05."""
    schedule = Schedule.objects.create(name=name, zone=zone)
    add_layer(schedule, *people)
    return schedule


def add_layer(schedule: Schedule, *people: str, **fields: Any) -> Layer:
    values = {"starts_on": date(2026, 1, 5), "handoff_at": time(9), **fields}
    layer = Layer.objects.create(schedule=schedule, **values)
    for position, user_id in enumerate(people):
        LayerMember.objects.create(
            layer=layer, position=position, user_id=user_id, label=user_id.capitalize()
        )
    return layer
