"""Find occurrences by what a person has in hand: a reference, a request or trace ID or an id; digested or not."""

import re
from uuid import UUID

from django.db.models import QuerySet

from errorkit.conf import get_config
from errorkit.models import Occurrence
from errorkit.reports.identity import read_reference

MOST = 50

TRACE_ID = re.compile(r"[0-9A-Fa-f]{32}")
# A request ID as errorkit makes or accepts it: no spaces, printable. Anything else cannot be one and costs no query.
REQUEST_ID = re.compile(r"[!-~]{1,128}")


def find_occurrences(text: str) -> list[Occurrence]:
    """Return the occurrences that the text names, newest first, at most 50, without their payload.

    A reference may be typed as it was heard (see `read_reference`); an id is the UUID of an occurrence, with or without hyphens.
    """
    text = text.strip().removeprefix("urn:uuid:")
    found = [*_by_id(text), *_by_reference(text), *_by_request_id(text), *_by_trace_id(text)]
    return sorted({each.pk: each for each in found}.values(), key=_time, reverse=True)[:MOST]


def _by_id(text: str) -> list[Occurrence]:
    try:
        occurrence_id = UUID(text)
    except ValueError:
        return []
    return list(_occurrences().filter(pk=occurrence_id))


def _by_reference(text: str) -> list[Occurrence]:
    reference = read_reference(text)
    if reference is None:
        return []
    return list(_occurrences().filter(reference=reference).order_by("-id")[:MOST])


def _by_request_id(text: str) -> list[Occurrence]:
    if not REQUEST_ID.fullmatch(text):
        return []
    return list(_occurrences().filter(request_id=text).order_by("-id")[:MOST])


def _by_trace_id(text: str) -> list[Occurrence]:
    if not TRACE_ID.fullmatch(text):
        return []
    return list(_occurrences().filter(trace_id=text.lower()).order_by("-id")[:MOST])


def _occurrences() -> QuerySet[Occurrence]:
    return Occurrence.objects.using(get_config().database).defer("payload")


def _time(occurrence: Occurrence) -> UUID:
    return occurrence.pk
