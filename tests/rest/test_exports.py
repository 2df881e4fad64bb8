"""CSV and NDJSON."""

import asyncio
import csv
import io
import json

import pytest
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.rest.conftest import API


def read(answer) -> str:
    return b"".join(answer.streaming_content).decode()


def test_csv_holds_every_row_that_the_query_asks_for(viewer, monkeypatch):
    monkeypatch.setattr("errorkit.rest.exports.BATCH", 2)
    made = [factories.make_incident(environment="staging").pk for _ in range(5)]
    factories.make_incident()
    answer = viewer.get(f"{API}/incidents/export/csv/?environment=staging")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="incidents.csv"'
    rows = list(csv.DictReader(io.StringIO(read(answer))))
    assert [int(row["id"]) for row in rows] == made
    assert rows[0]["environment"] == "staging"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " =", "＝"])
def test_csv_disarms_a_title_when_a_spreadsheet_would_compute_it(viewer, start):
    title = f'{start}HYPERLINK("http://example.org","x")'
    factories.make_incident(title=title)
    answer = viewer.get(f"{API}/incidents/export/csv/")
    (row,) = csv.DictReader(io.StringIO(read(answer), newline=""))
    assert row["title"] == f"'{title}"


def test_ndjson_holds_what_the_list_holds(viewer):
    for _ in range(3):
        factories.make_occurrence()
    listed = viewer.get(f"{API}/occurrences/").json()["results"]
    lines = read(viewer.get(f"{API}/occurrences/export/ndjson/")).splitlines()
    assert [json.loads(line) for line in lines] == listed[::-1]


def test_export_reads_on_only_when_the_client_does(viewer, monkeypatch):
    monkeypatch.setattr("errorkit.rest.exports.BATCH", 2)
    for _ in range(6):
        factories.make_occurrence()
    with CaptureQueriesContext(connection) as queries:
        answer = viewer.get(f"{API}/occurrences/export/ndjson/")
        before = len(queries)
        chunks = iter(answer.streaming_content)
        assert next(chunks).count(b"\n") == 2
        assert len(queries) == before + 1
        answer.close()
        assert list(chunks) == []
        assert len(queries) == before + 1


def test_export_answers_400_when_the_query_makes_no_sense(viewer):
    assert viewer.get(f"{API}/incidents/export/csv/?status=broken").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_export_streams_when_the_server_is_asynchronous(viewer):
    made = factories.make_incident()
    client = AsyncClient()
    client.cookies = viewer.cookies

    async def fetch() -> str:
        answer = await client.get(f"{API}/incidents/export/ndjson/")
        return b"".join([chunk async for chunk in answer.streaming_content]).decode()

    assert json.loads(asyncio.run(fetch()))["id"] == made.pk
