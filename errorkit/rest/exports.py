"""Whole lists as CSV or NDJSON, row by row, however long they are."""

import csv
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

BATCH = 500

# A spreadsheet takes these for the start of a formula (OWASP, "CSV Injection"), the last four are their full-width forms.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class ExportMixin:
    """Two more URLs beside a list: the same rows, oldest first, without pages."""

    @action(detail=False, methods=["get"], url_path="export/csv", url_name="csv")
    def csv(self, request: Request) -> StreamingHttpResponse:
        """Send the rows that the query asks for as CSV; text that looks like a formula begins with an apostrophe."""
        rows = _csv(self._batches(), self._columns())
        return self._respond(rows, "text/csv; charset=utf-8", ending="csv")

    @action(detail=False, methods=["get"], url_path="export/ndjson", url_name="ndjson")
    def ndjson(self, request: Request) -> StreamingHttpResponse:
        """Send the rows that the query asks for, one JSON object in each line."""
        return self._respond(_ndjson(self._batches()), "application/x-ndjson", ending="ndjson")

    def _columns(self: Any) -> list[str]:
        return list(self.get_serializer().fields)

    def _batches(self: Any) -> Iterator[list[dict[str, Any]]]:
        """Read by primary key, so that no transaction stays open while the client reads."""
        rows: QuerySet[Any] = self.filter_queryset(self.get_queryset()).order_by("pk")
        return _batches(rows, self.get_serializer_class())

    def _respond(
        self: Any, chunks: Iterator[str], kind: str, *, ending: str
    ) -> StreamingHttpResponse:
        # Django would read a plain iterator to its end before it sends the first byte under ASGI.
        asynchronous = isinstance(self.request._request, ASGIRequest)
        content = _asynchronously(chunks) if asynchronous else chunks
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{self.basename}.{ending}"',
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingHttpResponse(content, content_type=kind, headers=headers)


def _batches(rows: QuerySet[Any], serializer: Any) -> Iterator[list[dict[str, Any]]]:
    batch = list(rows[:BATCH])
    while batch:
        yield serializer(batch, many=True).data
        batch = list(rows.filter(pk__gt=batch[-1].pk)[:BATCH])


def _csv(batches: Iterator[list[dict[str, Any]]], columns: Sequence[str]) -> Iterator[str]:
    yield _lines([columns])
    for batch in batches:
        yield _lines([[_cell(row[name]) for name in columns] for row in batch])


class _Echo:
    """A file that gives back what is written."""

    def write(self, text: str) -> str:
        return text


def _lines(rows: Sequence[Sequence[Any]]) -> str:
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    return "".join([writer.writerow(row) for row in rows])


def _cell(value: Any) -> Any:
    """Return a value that no spreadsheet computes."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA):
        return f"'{value}"
    return value


def _ndjson(batches: Iterator[list[dict[str, Any]]]) -> Iterator[str]:
    for batch in batches:
        yield "".join(f"{_json(row)}\n" for row in batch)


def _json(row: dict[str, Any]) -> str:
    return json.dumps(
        row,
        cls=JSONRenderer.encoder_class,
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
    )


async def _asynchronously(chunks: Iterator[str]) -> AsyncIterator[str]:
    following = sync_to_async(lambda: next(chunks, None))
    while (chunk := await following()) is not None:
        yield chunk
