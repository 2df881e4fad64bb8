"""Which occurrences of an incident are kept when there are too many."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from errorkit.models import Activity, Delivery, Feedback


def pinned(incident: int, alias: str) -> set[UUID]:
    """Return the occurrences that somebody will ask for: they changed the incident, people wrote about them, or they have yet to leave."""
    told = Activity.objects.using(alias).filter(incident=incident)
    # What people wrote may not have found its incident yet.
    written = Feedback.objects.using(alias).filter(Q(incident=incident) | Q(incident=None))
    owed = Delivery.objects.using(alias).unfinished().filter(incident=incident)
    return {
        key
        for rows in (told, owed, written)
        for key in rows.values_list("occurrence_id", flat=True)
        if key is not None
    }


def choose_survivors(keys: Sequence[UUID], pinned: set[UUID], limit: int) -> set[UUID]:
    """Return which of an incident's occurrences, oldest first, are kept: the first, the last, the pinned, and a spread over time."""
    if len(keys) <= limit:
        return set(keys)
    wanted = max(limit, 2)
    spread = {keys[place * (len(keys) - 1) // (wanted - 1)] for place in range(wanted)}
    return spread | (pinned & set(keys))
