"""Forget whom failures have met: their occurrences, their feedback, and what was made of both."""

from collections import Counter
from collections.abc import Collection, Sequence
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from errorkit.incidents.merging import keep_digest_out
from errorkit.incidents.wording import read_words
from errorkit.models import (
    Activity,
    AffectedUser,
    Alert,
    Delivery,
    Feedback,
    Incident,
    Occurrence,
)
from errorkit.reports.erasing import payload_without_person
from errorkit.storage.erasing.spool import EMPTIED, columns_without_person
from errorkit.storage.people import person_of

ACTOR = "errorkit_erase"
BATCH = 200
CHANGED = (*EMPTIED, "title", "payload")
# Their text is the title of another incident.
TITLED = (Activity.Kind.MERGED, Activity.Kind.SPLIT, Activity.Kind.REGROUPED)


def erase_occurrences(
    user_id: str, alias: str, left: list[Delivery], *, dry_run: bool
) -> Counter[str]:
    """Rewrite the occurrences of the person, in small batches, and delete their feedback; add to `left` what has been delivered."""
    found: Counter[str] = Counter()
    last = UUID(int=0)
    mine = Occurrence.objects.using(alias).filter(user_id=user_id).order_by("id")
    while rows := list(mine.filter(id__gt=last)[:BATCH]):
        last = rows[-1].pk
        keys = [row.pk for row in rows]
        left += Delivery.objects.using(alias).filter(
            occurrence_id__in=keys, status=Delivery.Status.ACCEPTED
        )
        found["occurrences"] += len(rows)
        found["feedback"] += _erase_batch(rows, alias, dry_run=dry_run)
    # Messages that were adopted, and whose occurrence is gone.
    rest = Feedback.objects.using(alias).filter(user_id=user_id).exclude(occurrence_id__in=mine)
    found["feedback"] += rest.count() if dry_run else rest.delete()[0]
    people = AffectedUser.objects.using(alias).filter(person=person_of(user_id))
    # Still one person in every count, whom nobody can find.
    found["marks of having been met"] += (
        people.count() if dry_run else people.update(person=uuid4().hex)
    )
    return found


def _erase_batch(rows: Sequence[Occurrence], alias: str, *, dry_run: bool) -> int:
    keys = [row.pk for row in rows]
    messages = Feedback.objects.using(alias).filter(occurrence_id__in=keys)
    if dry_run:
        return messages.count()
    with transaction.atomic(using=alias):
        keep_digest_out(alias)
        written = messages.delete()[0]
        Alert.objects.using(alias).filter(occurrence_id__in=keys).update(path="")
        titles = {row.title for row in rows}
        for row in rows:
            _rewrite(row)
        Occurrence.objects.using(alias).bulk_update(rows, CHANGED)
        _retitle({row.incident_id for row in rows if row.incident_id}, titles, alias)
        _write_activities(rows, alias)
    return written


def _rewrite(row: Occurrence) -> None:
    columns = {name: getattr(row, name) for name in (*EMPTIED, "title")}
    for name, value in columns_without_person(columns).items():
        setattr(row, name, value)
    row.payload = payload_without_person(row.payload)


def _retitle(incidents: Collection[int], titles: Collection[str], alias: str) -> None:
    """Give incidents that were named after the person's failure the title of another one, and read their words anew."""
    touched = list(Incident.objects.using(alias).filter(pk__in=incidents))
    for incident in touched:
        of_incident = Occurrence.objects.using(alias).filter(incident=incident)
        if incident.title not in titles or of_incident.filter(title=incident.title).exists():
            continue
        title = of_incident.order_by("-id").values_list("title", flat=True)[0]
        Activity.objects.using(alias).filter(kind__in=TITLED, text=incident.title).update(
            text=title
        )
        incident.title = title
        incident.save(using=alias, update_fields=["title"])
    read_words(touched, alias, timezone.now())


def _write_activities(rows: Sequence[Occurrence], alias: str) -> None:
    erased = Counter(row.incident_id for row in rows if row.incident_id)
    Activity.objects.using(alias).bulk_create(
        Activity(
            incident_id=incident,
            kind=Activity.Kind.ERASED,
            actor_label=ACTOR,
            data={"occurrences": number},
        )
        for incident, number in erased.items()
    )
