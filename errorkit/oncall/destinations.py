"""From a step to where it sends: people, their contact methods, channels; in the end somebody is always told."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from errorkit.conf import get_config
from errorkit.delivery.channels import ONCALL, aliases
from errorkit.delivery.texts import describe
from errorkit.models import ContactMethod, Schedule
from errorkit.oncall import people
from errorkit.oncall.plans import Plan, Step
from errorkit.oncall.rota import Person, owner_at
from errorkit.oncall.schedules import fallback_of, read, rota_of, schedules
from errorkit.oncall.walltime import as_instant

logger = logging.getLogger("errorkit.oncall")


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A channel, and whom it reaches there; `delay` is in minutes. `method` tells two ways of one person apart."""

    channel: str
    user_id: str = ""
    label: str = ""
    address: str = ""
    delay: int = 0
    method: int = 0


class Directory:
    """Who is where, as it is at one instant; what it has looked up once it knows."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._schedules: dict[str, Schedule] = {}
        self._accounts: dict[str, people.Account | None] = {}
        self._people: dict[tuple[str, str], tuple[Person, ...]] = {}
        self._destinations: dict[str, tuple[Destination, ...]] = {}

    def look_ahead(self, steps: Iterable[Step]) -> None:
        """Read what many steps lead to together: one by one it takes several queries each."""
        steps = set(steps)
        ids = [step.id for step in steps if step.target == "schedule" and step.id.isdecimal()]
        for schedule in read(schedules(self.now).filter(pk__in=ids), self.now):
            self._schedules[str(schedule.pk)] = schedule
        self._look_for({person.user_id for step in steps for person in self._named_by(step)})

    def destinations(self, plan: Plan, step: int) -> tuple[Destination, ...]:
        """Return where a step sends; where it reaches nobody, the plan's fallback, else the reserved channel."""
        steps = plan.steps[step : step + 1]
        found = [each for chosen in steps for each in self._reached_by(chosen)]
        # In order, and once each: a person may be on call and in the group as well.
        return tuple(dict.fromkeys(found)) or (self._fallback(plan),)

    def of_person(self, person: Person) -> tuple[Destination, ...]:
        """Return a person's ways in their order; nothing if they cannot be reached or have left."""
        if person.user_id not in self._destinations:
            self._destinations[person.user_id] = tuple(self._look_up(person))
        return self._destinations[person.user_id]

    @cached_property
    def channels(self) -> frozenset[str]:
        """The aliases that can be sent to."""
        return frozenset(aliases())

    def _reached_by(self, step: Step) -> Iterable[Destination]:
        if step.target == "channel":
            return [Destination(channel=step.id)] if step.id in self.channels else []
        key = (step.target, step.id)
        if key not in self._people:
            self._people[key] = self._behind(step)
        return [way for person in self._people[key] for way in self.of_person(person)]

    def _behind(self, step: Step) -> tuple[Person, ...]:
        if step.target == "user":
            return (Person(user_id=step.id, label=step.label),)
        if step.target == "group":
            return tuple(people.group_members(step.id))
        return self._on_call(step.id)

    def _named_by(self, step: Step) -> Iterable[Person]:
        """Return the people of whom a step alerts some."""
        if step.target == "schedule":
            return filter(None, self._duty(step.id))
        return [Person(user_id=step.id, label=step.label)] if step.target == "user" else []

    def _on_call(self, schedule_id: str) -> tuple[Person, ...]:
        """Return whoever a schedule has, reachable or not; its fallback where the rota has nobody who can be reached."""
        owner, fallback = self._duty(schedule_id)
        if owner and self.of_person(owner):
            return (owner,)
        return (fallback,) if fallback else ()

    def _duty(self, schedule_id: str) -> tuple[Person | None, Person | None]:
        """Return whom the rota has, and the fallback."""
        try:
            schedule = self._schedules.get(schedule_id) or self._read(schedule_id)
            return owner_at(rota_of(schedule), as_instant(self.now)), fallback_of(schedule)
        except Exception as error:  # noqa: BLE001  one broken schedule must not keep an alert back
            logger.error("schedule %s cannot be read: %s", schedule_id, describe(error))
            return None, None

    def _read(self, schedule_id: str) -> Schedule:
        [schedule] = read(schedules(self.now).filter(pk=schedule_id), self.now)
        return schedule

    def _look_for(self, user_ids: Collection[str]) -> None:
        """Note the accounts, None for one that does not exist, and nothing where the host cannot be asked."""
        known = people.accounts(user_ids)
        if known is not None:
            self._accounts.update({user_id: known.get(user_id) for user_id in user_ids})

    def _look_up(self, person: Person) -> Iterable[Destination]:
        if person.user_id not in self._accounts:
            self._look_for([person.user_id])
        account = self._accounts.get(person.user_id)
        is_known = person.user_id in self._accounts
        if is_known and not (account and account.active):
            return
        if account and not person.label:
            person = account.person
        methods = list(self._methods.get(person.user_id, ()))
        yield from (self._by(method, person) for method in methods)
        if not methods and account and account.email:
            yield Destination(
                channel=ONCALL, user_id=person.user_id, label=person.label, address=account.email
            )

    @cached_property
    def _methods(self) -> dict[str, list[ContactMethod]]:
        usable = ContactMethod.objects.using(get_config().database).filter(
            enabled=True, verified_at__isnull=False, channel__in=self.channels
        )
        found: dict[str, list[ContactMethod]] = defaultdict(list)
        for method in usable:
            found[method.user_id].append(method)
        return found

    def _by(self, method: ContactMethod, person: Person) -> Destination:
        return Destination(
            channel=method.channel,
            user_id=person.user_id,
            label=person.label,
            address=method.address,
            delay=method.delay_minutes,
            method=method.pk,
        )

    def _fallback(self, plan: Plan) -> Destination:
        chosen = plan.fallback_channel
        return Destination(channel=chosen if chosen in self.channels else ONCALL)
