"""Which plan an incident follows."""

from dataclasses import dataclass

from errorkit.conf import get_config
from errorkit.delivery.channels import ONCALL
from errorkit.models import EscalationPolicy, EscalationStep, Incident, Route
from errorkit.oncall.plans import Plan, Step

# Without any route, and for what no route covers: one message to the fallback.
FIRST_FORM = Plan(steps=(Step(target="channel", id=ONCALL),))


@dataclass(frozen=True, slots=True)
class Routing:
    """The enabled routes in their order, read once for a batch."""

    routes: tuple[Route, ...]

    @classmethod
    def load(cls) -> "Routing":
        """Return the routes as they are now."""
        routes = Route.objects.using(get_config().database).filter(enabled=True)
        return cls(tuple(routes.select_related("policy").prefetch_related("policy__steps")))

    def plan_for(self, incident: Incident, path: str) -> Plan | None:
        """Return the plan of the first route that covers the incident; None if that route alerts nobody."""
        for route in self.routes:
            if route.covers(incident, path):
                return plan_of(route.policy) if route.policy else None
        return FIRST_FORM


def plan_of(policy: EscalationPolicy) -> Plan:
    """Return the policy's values as they are now."""
    return Plan(
        policy=policy.name,
        steps=tuple(_step(step) for step in policy.steps.all()),
        group_wait=policy.group_wait,
        repeats=policy.repeats,
        repeat_minutes=policy.repeat_minutes,
        acknowledge_minutes=policy.acknowledge_minutes,
        fallback_channel=policy.fallback_channel,
    )


def _step(step: EscalationStep) -> Step:
    is_schedule = step.target == EscalationStep.Target.SCHEDULE
    return Step(
        target=step.target,  # type: ignore[arg-type]
        id=str(step.schedule_id or "") if is_schedule else step.target_id,
        label=step.target_label,
        wait=step.wait_minutes,
    )
