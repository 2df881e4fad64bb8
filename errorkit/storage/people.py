"""Whom a batch has met. Runs inside the digest's transaction and under its lock."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from django.db.models import F
from django.utils.crypto import salted_hmac

from errorkit.models import AffectedUser, Fingerprint, Incident, Occurrence

# Of an incident that has met more, it is known that they are many; the rows of one incident stay bounded.
MOST = 10_000
CHUNK = 500

Pair = tuple[int, str]  # an incident, or a fingerprint, and a person


def person_of(user_id: str) -> str:
    """Return what stands for a user in counts: it can be found by the id, and the id cannot be read from it."""
    return salted_hmac("errorkit.person", user_id, algorithm="sha256").hexdigest()[:32]


def count_people(rows: Sequence[Occurrence], alias: str) -> None:
    """Remember who was met by each fingerprint, and count each person once per incident."""
    met = {(row.fingerprint, row.environment, row.user_id) for row in rows if row.user_id}
    if not met:
        return
    found = Fingerprint.objects.using(alias).select_related("incident")
    by_key = {
        (each.value, each.environment): each
        for each in found.filter(value__in={value for value, _, _ in met})
        if each.incident.users_affected < MOST
    }
    incident_of: dict[int, int] = {}
    pairs: set[Pair] = set()
    for value, environment, user_id in met:
        if fingerprint := by_key.get((value, environment)):
            incident_of[fingerprint.pk] = fingerprint.incident_id
            pairs.add((fingerprint.pk, person_of(user_id)))
    _remember(pairs, incident_of, alias)


def _remember(pairs: set[Pair], incident_of: dict[int, int], alias: str) -> None:
    known, known_to_incident = _known(pairs, set(incident_of.values()), alias)
    new = pairs - known
    AffectedUser.objects.using(alias).bulk_create(
        (AffectedUser(fingerprint_id=pk, person=person) for pk, person in sorted(new)),
        batch_size=CHUNK,
    )
    first_met = {(incident_of[pk], person) for pk, person in new} - known_to_incident
    _grow(Counter(incident for incident, _ in first_met), alias)


def _known(pairs: set[Pair], incidents: set[int], alias: str) -> tuple[set[Pair], set[Pair]]:
    """Return which of the people are known already, by fingerprint and by incident."""
    rows = AffectedUser.objects.using(alias).filter(
        fingerprint__incident__in=incidents, person__in={person for _, person in pairs}
    )
    found = list(rows.values_list("fingerprint_id", "fingerprint__incident_id", "person"))
    return (
        {(fingerprint, person) for fingerprint, _, person in found},
        {(incident, person) for _, incident, person in found},
    )


def _grow(growth: Counter[int], alias: str) -> None:
    """Add to the incidents; those that grow by the same number grow in one statement."""
    alike: defaultdict[int, list[int]] = defaultdict(list)
    for incident, number in growth.items():
        alike[number].append(incident)
    incidents = Incident.objects.using(alias)
    for number, pks in alike.items():
        incidents.filter(pk__in=pks).update(users_affected=F("users_affected") + number)
