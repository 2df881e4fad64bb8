"""Keep the words by which incidents are found."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connections

from errorkit.models import Incident, Occurrence, SearchText
from errorkit.reports.report import Report
from errorkit.reports.words import texts_of, words_of

# The tracebacks of an incident are much alike, so that reading each of a storm would find little.
FRESH = timedelta(hours=1)


def refresh_words(incidents: Iterable[Incident], alias: str, now: datetime) -> None:
    """Read the newest full report of those whose words are missing or older than an hour."""
    by_id = {each.pk: each for each in incidents}
    texts = SearchText.objects.using(alias)
    fresh = texts.filter(incident__in=by_id, read_at__gt=now - FRESH)
    known = set(fresh.values_list("incident_id", flat=True))
    read_words([each for pk, each in by_id.items() if pk not in known], alias, now)


def read_words(incidents: Iterable[Incident], alias: str, now: datetime) -> None:
    """Write the words of these incidents anew; of the title and the place alone where there is no full report (any more)."""
    incidents = list(incidents)
    if not incidents:
        return
    ids = [each.last_full_id for each in incidents if each.last_full_id]
    rows = Occurrence.objects.using(alias).filter(id__in=ids, full=True)
    payloads = dict(rows.values_list("id", "payload"))
    has_target = connections[alias].features.supports_update_conflicts_with_target
    SearchText.objects.using(alias).bulk_create(
        [
            SearchText(incident=each, words=_words(each, payloads), read_at=now)
            for each in incidents
        ],
        update_conflicts=True,
        unique_fields=["incident"] if has_target else None,
        update_fields=["words", "read_at"],
    )


def _words(incident: Incident, payloads: Mapping[UUID, str]) -> str:
    payload = payloads.get(incident.last_full_id) if incident.last_full_id else None
    return words_of(incident.title, incident.location, *_read(payload))


def _read(payload: str | None) -> list[str]:
    try:
        return list(texts_of(Report.from_json(payload))) if payload else []
    except (AttributeError, KeyError, TypeError, ValueError):
        return []
