"""Keep what people write on the error page, within limits, and find it beside its incident."""

import re
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from django.db import models
from django.utils import timezone

from errorkit.conf import get_config
from errorkit.models import Feedback, Incident, Occurrence
from errorkit.models.feedback import LONGEST

MOST_PER_INCIDENT = 20
MOST_PER_HOUR = 200
MOST_PENDING = 500

# Everything that is no text: C0 and C1 without tab and line feed, and lone surrogates, which no database takes.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
EMAIL = re.compile(r"[^\s@<>\"',;]{1,64}@[^\s@<>\"',;]{1,189}")


class Outcome(StrEnum):
    """What became of a message."""

    SAVED = "saved"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    ENOUGH = "enough"


def leave_feedback(occurrence_id: UUID, *, text: str, email: str = "") -> Outcome:
    """Save a message and say what became of it; raises what the database raises.

    An address that cannot be one is left out. The same message twice is saved once.
    """
    text = UNPRINTABLE.sub("", text.replace("\r\n", "\n")).strip()
    email = email.strip()
    email = email if EMAIL.fullmatch(email) and not UNPRINTABLE.search(email) else ""
    if not text:
        return Outcome.EMPTY
    if len(text) > LONGEST:
        return Outcome.TOO_LONG
    occurrence = _find(occurrence_id)
    incident_id = occurrence.incident_id if occurrence else None
    if _is_enough(occurrence_id, incident_id):
        return Outcome.ENOUGH
    message = Feedback(
        occurrence_id=occurrence_id,
        incident_id=incident_id,
        text=text,
        email=email,
        user_id=occurrence.user_id if occurrence else "",
        digest=Feedback.digest_of(text, email),
    )
    _messages().bulk_create([message], ignore_conflicts=True)
    return Outcome.SAVED


def feedback_of(incident: Incident) -> models.QuerySet[Feedback]:
    """Return the messages about an incident, newest first."""
    adopt_feedback()
    return _messages().filter(incident=incident).order_by("-id")


def feedback_about(occurrence: Occurrence) -> models.QuerySet[Feedback]:
    """Return what its visitor wrote about one occurrence, newest first."""
    return _messages().filter(occurrence_id=occurrence.pk).order_by("-id")[:MOST_PER_INCIDENT]


def read_feedback(incident: Incident) -> int:
    """Say that somebody has read the messages about an incident; return how many were unread."""
    return _messages().filter(incident=incident, read_at=None).update(read_at=timezone.now())


def count_unread(incident_ids: Iterable[int]) -> dict[int, int]:
    """Return how many messages about each incident nobody has read yet, where there are some."""
    unread = _messages().filter(incident_id__in=list(incident_ids), read_at=None)
    rows = unread.values("incident_id")
    return {row["incident_id"]: row["number"] for row in rows.annotate(number=models.Count("id"))}


def adopt_feedback() -> int:
    """Give messages that came before their occurrence was digested their incident and person; return how many."""
    # Newest first: what waits for an occurrence that never came must not keep the others waiting.
    pending = _messages().filter(incident=None).order_by("-id")
    waiting = {row.occurrence_id: row.pk for row in pending[:MOST_PENDING]}
    adopted = 0
    digested = _occurrences().filter(pk__in=list(waiting)).exclude(incident=None)
    for occurrence in digested.only("incident_id", "user_id"):
        adopted += pending.filter(occurrence_id=occurrence.pk).update(
            incident_id=occurrence.incident_id, user_id=occurrence.user_id
        )
    return adopted


def _find(occurrence_id: UUID) -> Occurrence | None:
    return _occurrences().filter(pk=occurrence_id).only("incident_id", "user_id").first()


def _is_enough(occurrence_id: UUID, incident_id: int | None) -> bool:
    about = (
        models.Q(incident_id=incident_id)
        if incident_id is not None
        else models.Q(occurrence_id=occurrence_id)
    )
    if _messages().filter(about)[:MOST_PER_INCIDENT].count() >= MOST_PER_INCIDENT:
        return True
    recent = _messages().filter(at__gte=timezone.now() - timedelta(hours=1))
    return recent[:MOST_PER_HOUR].count() >= MOST_PER_HOUR


def _messages() -> models.QuerySet[Feedback]:
    return Feedback.objects.using(get_config().database)


def _occurrences() -> models.QuerySet[Occurrence]:
    return Occurrence.objects.using(get_config().database)
