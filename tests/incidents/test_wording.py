"""The search text of an incident."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from errorkit.incidents.wording import FRESH
from errorkit.models import Incident, Occurrence, SearchText
from errorkit.storage.digest import digest
from tests.factories import make_exception, make_light_report, make_occurrence

pytestmark = pytest.mark.django_db


def fail(message: str) -> None:
    make_occurrence(exceptions=(make_exception(message=message),))
    digest()


def test_digest_writes_the_words_of_a_new_incident():
    fail("the first cake")
    assert {"cake", "checkout", "zerodivisionerror"} <= set(SearchText.objects.get().words.split())


def test_digest_reads_the_newest_report_when_the_words_are_old():
    fail("the first cake")
    fail("the second pie")
    assert "pie" not in SearchText.objects.get().words.split()

    SearchText.objects.update(read_at=timezone.now() - FRESH - timedelta(seconds=1))
    fail("the third tart")

    words = SearchText.objects.get().words.split()
    assert "tart" in words
    assert "cake" not in words


def test_digest_writes_title_and_place_when_there_is_no_traceback():
    make_occurrence(report=make_light_report(title="Gone: away"))
    digest()
    assert SearchText.objects.get().words == "gone away shop views in checkout"


def test_digest_goes_on_when_a_payload_cannot_be_read():
    occurrence = make_occurrence()
    Occurrence.objects.filter(pk=occurrence.pk).update(payload="[1")
    digest()
    assert SearchText.objects.get().incident == Incident.objects.get()


def test_search_uses_the_index_where_the_database_has_it():
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        names = connection.introspection.get_constraints(cursor, SearchText._meta.db_table)
    if connection.vendor == "postgresql":
        plan = SearchText.objects.holding(["cake"]).explain()
        assert "errorkit_search_text_words" in plan
    else:
        assert "errorkit_search_text_words" not in names
