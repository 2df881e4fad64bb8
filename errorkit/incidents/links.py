"""Acknowledge by the link in a message: it opens one thing, for one opening of one incident, or of those in a digest, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.core.signing import BadSignature

from errorkit.conf import get_config
from errorkit.delivery.contents import incident_url
from errorkit.delivery.tokens import read_acknowledge_token
from errorkit.incidents.triage import Actor, acknowledge
from errorkit.models import Activity, Delivery, Incident

NAME_LENGTH = 100
Status = Incident.Status


class Answer(StrEnum):
    """What a link leads to."""

    ASK = "ask"
    DONE = "done"
    ALREADY = "already"
    OVER = "over"
    REOPENED = "reopened"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a link is about: the incidents that wait, else one that stands for them; their titles and the addresses of their pages.

    `who` did what the answer says, `at` that time. `named` is false where the link is nobody's own.
    """

    answer: Answer
    about: tuple[tuple[str, str], ...] = ()
    who: str = ""
    at: datetime | None = None
    named: bool = True


def look(token: str) -> Found:
    """Return what the link leads to now; writes nothing."""
    delivery = _delivery_of(token)
    answers = [(_answer(incident, made), incident) for made, incident in _openings(delivery)]
    if delivery is None or not answers:
        return Found(answer=Answer.EXPIRED)
    # What is still to be done says more than what has been done.
    answer = next(each for each in Answer if each in {given for given, _ in answers})
    about = [incident for given, incident in answers if given is answer]
    deed = _last_deed(about) if answer in {Answer.ALREADY, Answer.OVER} else None
    return Found(
        answer=answer,
        about=_named(about),
        who=deed.actor_label if deed else "",
        at=deed.at if deed else None,
        named=bool(delivery.recipient_id),
    )


def act(token: str, *, name: str = "") -> Found:
    """Acknowledge; `name` is what somebody typed whose link is nobody's own. Doing it again says who was first."""
    delivery = _delivery_of(token)
    if delivery is None:
        return Found(answer=Answer.EXPIRED)
    typed = "".join(letter for letter in name if letter.isprintable()).strip()[:NAME_LENGTH]
    label = delivery.recipient_label or typed or delivery.address or delivery.channel
    actor = Actor(user_id=delivery.recipient_id, label=label[:150])
    won = [
        incident
        for made, incident in _openings(delivery)
        if acknowledge([incident.pk], actor=actor, generation=made)
    ]
    if not won:
        return look(token)
    return Found(answer=Answer.DONE, about=_named(won), who=actor.label)


def _named(incidents: Sequence[Incident]) -> tuple[tuple[str, str], ...]:
    return tuple((incident.title, incident_url(incident)) for incident in incidents)


def _delivery_of(token: str) -> Delivery | None:
    try:
        claim = read_acknowledge_token(token)
    except (BadSignature, ValueError, TypeError):
        return None
    deliveries = Delivery.objects.using(get_config().database).select_related("incident")
    # Bound to both: neither another opening nor another delivery, should an old database have come back.
    found = deliveries.filter(pk=claim["d"], generation=claim["g"]).first()
    acknowledges = found and (found.purpose == Delivery.Purpose.ALERT or found.is_digest)
    return found if acknowledges else None


def _openings(delivery: Delivery | None) -> list[tuple[int, Incident]]:
    """Return the generations and incidents that the message told of."""
    if delivery is None:
        return []
    told = [delivery]
    if delivery.is_digest:
        told = list(delivery.bundled.select_related("incident").order_by("pk"))
    found = {each.incident: each.generation for each in told if each.incident}
    return [(generation, incident) for incident, generation in found.items()]


def _answer(incident: Incident, generation: int) -> Answer:
    if incident.generation != generation:
        return Answer.REOPENED
    if incident.status == Status.ACKNOWLEDGED:
        return Answer.ALREADY
    return Answer.ASK if incident.status == Status.OPEN else Answer.OVER


def _last_deed(incidents: Sequence[Incident]) -> Activity | None:
    kinds = [Activity.Kind.ACKNOWLEDGED, Activity.Kind.RESOLVED, Activity.Kind.IGNORED]
    deeds = Activity.objects.using(get_config().database).filter(
        incident__in=incidents, kind__in=kinds
    )
    return deeds.order_by("-pk").first()
