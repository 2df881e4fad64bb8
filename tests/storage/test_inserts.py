import json
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from errorkit.models import Occurrence
from errorkit.storage.inserts import insert_rows
from tests.factories import make_incident, make_occurrence, make_report

pytestmark = pytest.mark.django_db

# What escaping could spoil.
TRICKY = json.dumps({"quotes": "\"'\\", "braces": "{,}", "text": "naïve ☃ 𝄞\n%s %"})


def unsaved(**values: Any) -> Occurrence:
    row = Occurrence.from_report(make_report())
    for name, value in values.items():
        setattr(row, name, value)
    return row


def values_of(row: Occurrence) -> dict[str, object]:
    return {
        field.attname: getattr(row, field.attname) for field in Occurrence._meta.concrete_fields
    }


def test_every_column_is_stored_as_it_is() -> None:
    incident = make_incident()
    rows = [
        unsaved(incident=incident, payload=TRICKY, title='it\'s \\ "quoted" 100 %'),
        unsaved(incident=None, full=False, times=7, payload="", status=None),
    ]

    insert_rows(rows, "default")

    for row in rows:
        assert values_of(Occurrence.objects.get(pk=row.pk)) == values_of(row)


def test_many_rows_take_one_call_when_they_are_inserted() -> None:
    rows = [unsaved(payload=TRICKY) for _ in range(30)]

    with CaptureQueriesContext(connection) as queries:
        insert_rows(rows, "default")

    assert len([each for each in queries if "INSERT" in each["sql"]]) == 1
    assert Occurrence.objects.count() == 30


def test_no_query_is_made_when_there_are_no_rows() -> None:
    with CaptureQueriesContext(connection) as queries:
        insert_rows([], "default")

    assert len(queries) == 0


@pytest.mark.django_db(transaction=True)
def test_no_row_is_stored_when_one_of_them_is_refused() -> None:
    known = make_occurrence()

    with pytest.raises(IntegrityError):
        insert_rows([unsaved(), unsaved(id=known.pk)], "default")

    assert [row.pk for row in Occurrence.objects.all()] == [known.pk]
