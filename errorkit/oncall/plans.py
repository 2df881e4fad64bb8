"""The plan of an alert: its policy as it was when the alert began, as values, and where it goes next. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import Any, Literal

Target = Literal["schedule", "user", "group", "channel"]

# Steps that all come at once must not make a loop of repeats.
SHORTEST_ROUND = timedelta(minutes=1)
# Counted no further: so much fits into the column.
MOST_REPEATS = 32_767


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Whom to alert, and how many minutes until the next step. `id` is a key, a user id, a group's name or a channel's alias."""

    target: Target
    id: str
    label: str = ""
    wait: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A policy's values; `group_wait` is in seconds, the others in minutes. `policy` is empty where no route has chosen one."""

    policy: str = ""
    steps: tuple[Step, ...] = ()
    group_wait: int = 0
    repeats: int = 0
    repeat_minutes: int = 0
    acknowledge_minutes: int = 0
    fallback_channel: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON-safe dicts and lists."""
        return asdict(self) | {"steps": [asdict(step) for step in self.steps]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Plan":
        """Return the plan that `to_json` wrote, also in a later version, whose other values are left out."""
        steps = tuple(Step(**_known(Step, step)) for step in data.get("steps", ()))
        return cls(**{**_known(cls, data), "steps": steps})


def _known(kind: type[Plan] | type[Step], data: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in data.items() if name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The step to run next, of which round, after how long; `wait` None: never, unless the alert starts over."""

    step: int
    cycle: int
    repeats: int
    wait: timedelta | None


def after(plan: Plan, *, step: int, cycle: int, repeats: int) -> Position:
    """Return where an alert goes once this step has run.

    After the last step all run again, `plan.repeats` times after the wait of the last step, and from then on every `plan.repeat_minutes`.
    """
    wait = timedelta(minutes=plan.steps[step].wait) if step < len(plan.steps) else timedelta(0)
    if step + 1 < len(plan.steps):
        return Position(step=step + 1, cycle=cycle, repeats=repeats, wait=wait)
    late = timedelta(minutes=plan.repeat_minutes) if plan.repeat_minutes else None
    soon = max(wait, SHORTEST_ROUND)
    return Position(
        step=0,
        cycle=cycle + 1,
        repeats=min(repeats + 1, MOST_REPEATS),
        wait=soon if repeats < plan.repeats else late,
    )
