"""Who is on call, in a few words."""

from dataclasses import dataclass
from datetime import datetime

from errorkit.oncall.rota import Person, owner_at
from errorkit.oncall.schedules import fallback_of, read, rota_of, schedules
from errorkit.oncall.walltime import as_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One schedule and who has it now: by the rota, else the fallback, else nobody."""

    schedule: str
    person: Person | None
    is_fallback: bool


def on_call_now(now: datetime) -> list[Duty]:
    """Return who is on call in each schedule."""
    duties = []
    for schedule in read(schedules(now).order_by("name"), now):
        person = owner_at(rota_of(schedule), as_instant(now))
        duties.append(
            Duty(
                schedule=schedule.name,
                person=person or fallback_of(schedule),
                is_fallback=person is None,
            )
        )
    return duties
