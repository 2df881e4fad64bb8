import pytest
from django.db import connection

from errorkit.models import Occurrence
from tests.factories import make_incident, make_occurrence


@pytest.mark.django_db
def test_those_of_one_incident_come_newest_first() -> None:
    incident, other = make_incident(), make_incident()
    first = make_occurrence(incident=incident)
    make_occurrence(incident=other)
    second = make_occurrence(incident=incident)
    make_occurrence(incident=None)

    found = Occurrence.objects.of_incident(incident.pk)

    assert list(found) == [second, first]
    assert list(found.reverse()) == [first, second]


@pytest.mark.django_db
def test_list_begins_at_the_newest_of_an_incident_when_others_failed_later() -> None:
    incident, other = make_incident(), make_incident()
    before = make_occurrence(incident=other)
    newest = make_occurrence(incident=incident)
    make_occurrence(incident=other)

    found = Occurrence.objects.until_newest_of(incident.pk)

    assert list(found.order_by("id")) == [before, newest]


@pytest.mark.django_db
def test_nothing_is_listed_when_the_incident_has_no_occurrence() -> None:
    make_occurrence(incident=make_incident())

    assert not Occurrence.objects.until_newest_of(make_incident().pk).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("backwards", [False, True])
def test_index_of_the_incident_gives_the_order(backwards: bool) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # A small table is read and sorted; of the ways that need no sorting only one is short.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
    incident = make_incident()
    make_occurrence(incident=incident)
    rows = Occurrence.objects.of_incident(incident.pk)

    plan = (rows.reverse() if backwards else rows)[:100].explain()

    assert "errorkit_occurrence_incident" in plan
    assert "errorkit_occurrence_pkey" not in plan
    assert "TEMP B-TREE" not in plan
