"""Forget a person who has looked after the site: what they did stays, and nobody is named."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from errorkit.models import (
    Activity,
    Alert,
    CalendarFeed,
    ContactMethod,
    Delivery,
    DeliveryAttempt,
    Deploy,
    EscalationStep,
    Incident,
    LayerMember,
    Override,
    Schedule,
    Silence,
)
from errorkit.reports.erasing import ERASED


def duties_of(user_id: str, alias: str) -> list[str]:
    """Return what somebody else has to take over first: whoever erases must not leave a hole in a rota."""
    return sorted(set(_duties(user_id, alias)))


def _duties(user_id: str, alias: str) -> Iterator[str]:
    members = LayerMember.objects.using(alias).filter(user_id=user_id, left_at=None)
    for member in members.select_related("layer__schedule"):
        yield f"the rota of schedule {member.layer.schedule.name}"
    overrides = Override.objects.using(alias).filter(user_id=user_id, ends_at__gt=timezone.now())
    for override in overrides.select_related("schedule"):
        yield f"an override of schedule {override.schedule.name}"
    for schedule in Schedule.objects.using(alias).filter(fallback_id=user_id):
        yield f"the fallback of schedule {schedule.name}"
    steps = EscalationStep.objects.using(alias).filter(target="user", target_id=user_id)
    for step in steps.select_related("policy"):
        yield f"a step of policy {step.policy.name}"


def erase_staff(user_id: str, alias: str, left: list[Delivery], *, dry_run: bool) -> Counter[str]:
    """Take the name out of what the person did and was sent; add to `left` what has been delivered to them."""
    sent = Delivery.objects.using(alias).filter(recipient_id=user_id)
    known = {each.pk for each in left}
    left += [each for each in sent.filter(status=Delivery.Status.ACCEPTED) if each.pk not in known]
    labels = _labels(user_id, alias)
    found: Counter[str] = Counter()
    for name, rows, values in _places(user_id, labels, alias):
        if dry_run:
            found[name] += rows.count()
        else:
            found[name] += rows.update(**values) if values else rows.delete()[0]
    found["plans of closed alerts"] += _erase_plans(user_id, alias, dry_run=dry_run)
    return found


def _labels(user_id: str, alias: str) -> set[str]:
    """Return what the person was called."""
    places: tuple[tuple[type[models.Model], str, str], ...] = (
        (Activity, "actor_id", "actor_label"),
        (Incident, "owner_id", "owner_label"),
        (ContactMethod, "user_id", "label"),
        (LayerMember, "user_id", "label"),
    )
    found: set[str] = set()
    for model, key, label in places:
        rows = model._default_manager.using(alias).filter(**{key: user_id})
        found |= set(rows.values_list(label, flat=True).distinct())
    return found - {"", ERASED}


NAMELESS: dict[str, Any] = {
    # The keys of alerts hold the user's id.
    "key": Concat(Value("erased:"), Cast("pk", models.CharField())),
    "recipient_id": "",
    "recipient_label": ERASED,
    "address": "",
    "notice": {},
    "last_error": "",
}
Place = tuple[str, "models.QuerySet[models.Model]", dict[str, Any]]


def _places(user_id: str, labels: set[str], alias: str) -> Iterator[Place]:
    """Yield the rows that name the person, and what to write there; those with nothing to write are deleted."""

    def rows(model: type[models.Model], **where: object) -> "models.QuerySet[models.Model]":
        return model._default_manager.using(alias).filter(**where)

    tries = rows(DeliveryAttempt, delivery__recipient_id=user_id)
    yield "answers to deliveries", tries.exclude(detail=""), {"detail": ""}
    sent = rows(Delivery, recipient_id=user_id)
    waiting = {"status__in": [Delivery.Status.HELD, Delivery.Status.PENDING]}
    cancelled = {"status": Delivery.Status.CANCELLED, "finished_at": timezone.now()}
    yield "deliveries cancelled", sent.filter(**waiting), {**NAMELESS, **cancelled}
    yield "deliveries", sent.exclude(**waiting), NAMELESS
    actor = {"actor_id": "", "actor_label": ERASED}
    assigned = rows(Activity, kind=Activity.Kind.ASSIGNED, text__in=labels)
    yield "activities", assigned, {"text": ERASED}
    yield "activities", rows(Activity, actor_id=user_id), actor
    yield "incidents", rows(Incident, owner_id=user_id), {"owner_id": "", "owner_label": ""}
    yield "deploys", rows(Deploy, actor_id=user_id), actor
    author = {"author_id": "", "author_label": ERASED}
    yield "silences", rows(Silence, author_id=user_id), author
    yield "contact methods", rows(ContactMethod, user_id=user_id), {}
    yield "calendar feeds", rows(CalendarFeed, user_id=user_id), {}
    person = {"user_id": "", "label": ERASED}
    yield "past turns", rows(LayerMember, user_id=user_id), person
    yield "past turns", rows(Override, user_id=user_id), person
    yield "overrides made", rows(Override, created_by__in=labels), {"created_by": ERASED}
    yield "schedules", rows(Schedule, on_call_id=user_id), {"on_call_id": ""}


def _erase_plans(user_id: str, alias: str, *, dry_run: bool) -> int:
    """Rewrite the policies that closed alerts remember; only Python reads JSON alike on every database."""
    number = 0
    for alert in Alert.objects.using(alias).exclude(policy="").iterator():
        steps = alert.plan.get("steps", [])
        theirs = [each for each in steps if each["target"] == "user" and each["id"] == user_id]
        if not theirs:
            continue
        number += 1
        if dry_run:
            continue
        for step in theirs:
            step |= {"id": "", "label": ERASED}
        alert.save(using=alias, update_fields=["plan"])
    return number
