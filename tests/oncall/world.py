"""A site on a frozen clock: incidents happen, sweeps run, mail arrives."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.contrib.auth import get_user_model
from django.core import mail
from django.utils import timezone

from errorkit.incidents import triage
from errorkit.models import (
    Alert,
    ContactMethod,
    EscalationPolicy,
    EscalationStep,
    Incident,
    Route,
    Schedule,
    Silence,
)
from errorkit.storage.digest import digest
from errorkit.sweep import sweep
from tests.delivery.factories import make_occurrence
from tests.oncall.rotas import in_utc
from tests.oncall.stored import make_schedule

# A Wednesday in the second week of the rota of `make_schedule`.
START = in_utc(2026, 1, 14, 12)
FALLBACK = "fallback@example.com"
SETTINGS: dict[str, Any] = {
    "SPOOL_DIR": None,
    "ONCALL_FALLBACK": [FALLBACK],
    "BASE_URL": "https://shop.example",
}


class World:
    """What a test does to the site, and what it sees of it."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock

    def add_people(self, *names: str) -> dict[str, str]:
        """Make accounts with a mail address; return their user ids by name."""
        model = get_user_model()
        made = {
            name: model.objects.create_user(name, email=f"{name}@example.com") for name in names
        }
        return {name: str(user.pk) for name, user in made.items()}

    def add_schedule(self, *names: str, **fields: Any) -> Schedule:
        ids = self.add_people(*names)
        return make_schedule(*(ids[name] for name in names), **fields)

    def add_policy(
        self, *steps: dict[str, Any], route: dict[str, Any] | None = None, **fields: Any
    ) -> EscalationPolicy:
        policy = EscalationPolicy.objects.create(name=fields.pop("name", "Default"), **fields)
        for position, step in enumerate(steps):
            EscalationStep.objects.create(policy=policy, position=position, **step)
        Route.objects.create(name=policy.name, policy=policy, **(route or {}))
        return policy

    def fail(self, kind: str = "ValueError", **values: Any) -> Incident:
        """Let a request fail, digested at once; the same kind is the same incident."""
        occurrence = make_occurrence(
            occurred_at=timezone.now(),
            fingerprint=f"v1:{kind}",
            title=f"{kind}: it failed",
            **values,
        )
        digest()
        occurrence.refresh_from_db()
        incident = occurrence.incident
        assert incident is not None
        return incident

    def wait(self, **span: float) -> None:
        """Let time pass in one leap, then sweep."""
        self.clock.shift(timedelta(**span))
        sweep()

    def pass_time(self, span: timedelta, *, every: timedelta = timedelta(minutes=1)) -> None:
        """Let time pass, sweeping all the while."""
        end = timezone.now() + span
        while timezone.now() < end:
            self.clock.shift(min(every, end - timezone.now()))
            sweep()

    def read_mail(self) -> list[tuple[str, str]]:
        """Return recipient and subject of what has arrived since the last call."""
        arrived = [
            (message.to[0].partition("@")[0], str(message.subject)) for message in mail.outbox
        ]
        mail.outbox.clear()
        return arrived

    def readers(self) -> list[str]:
        """Return who has got mail since the last call, in its order."""
        return [reader for reader, _ in self.read_mail()]


@contextmanager
def world(start: datetime = START) -> Iterator[World]:
    with time_machine.travel(start, tick=False) as clock:
        yield World(clock)


def on_call(schedule: Schedule, wait: int = 10) -> dict[str, Any]:
    return {"target": "schedule", "schedule": schedule, "wait_minutes": wait}


def user(user_id: str, wait: int = 10) -> dict[str, Any]:
    return {"target": "user", "target_id": user_id, "wait_minutes": wait}


def channel(alias: str, wait: int = 10) -> dict[str, Any]:
    return {"target": "channel", "target_id": alias, "wait_minutes": wait}


def add_way(user_id: str, address: str, **fields: Any) -> ContactMethod:
    values = {"verified_at": timezone.now(), "label": user_id, **fields}
    return ContactMethod.objects.create(user_id=user_id, address=address, **values)


def silence(hours: float = 1, **fields: Any) -> Silence:
    now = timezone.now()
    return Silence.objects.create(
        starts_at=now, ends_at=now + timedelta(hours=hours), reason="maintenance", **fields
    )


def acknowledge(incident: Incident) -> int:
    return triage.acknowledge([incident.pk], actor=triage.Actor(user_id="7", label="Grace"))


def resolve(incident: Incident) -> int:
    return triage.resolve([incident.pk], actor=triage.Actor(user_id="7", label="Grace"))


def alert_of(incident: Incident) -> Alert:
    return Alert.objects.get(incident=incident, generation=incident.generation)
