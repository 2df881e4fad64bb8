"""What came of the failures: read from errorkit's own tables and from the outbox of mails."""

from dataclasses import dataclass

from errorkit.models import Delivery, Occurrence
from project.mails import Mail, newest_mails

NEWEST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One recorded failure with what was owed for it, and the mail about its incident."""

    occurrence: Occurrence
    deliveries: tuple[Delivery, ...]
    mail: Mail | None


def newest_outcomes() -> list[Outcome]:
    """Return what came of the newest failures, newest first."""
    occurrences = list(
        Occurrence.objects.defer("payload").select_related("incident").order_by("-id")[:NEWEST]
    )
    deliveries = list(
        Delivery.objects.filter(occurrence_id__in=[each.pk for each in occurrences]).order_by("id")
    )
    mails = newest_mails()
    return [_outcome(occurrence, deliveries, mails) for occurrence in occurrences]


def _outcome(occurrence: Occurrence, deliveries: list[Delivery], mails: list[Mail]) -> Outcome:
    return Outcome(
        occurrence=occurrence,
        deliveries=tuple(each for each in deliveries if each.occurrence_id == occurrence.pk),
        mail=next((mail for mail in mails if _is_about(mail, occurrence)), None),
    )


def _is_about(mail: Mail, occurrence: Occurrence) -> bool:
    """Return whether the mail tells of this occurrence, or of the incident it repeats."""
    if occurrence.reference in mail.text:
        return True
    return (
        occurrence.incident_id is not None and f"/incident/{occurrence.incident_id}/" in mail.text
    )
