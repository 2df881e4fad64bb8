"""Fill a PostgreSQL database as a site that has failed for 90 days would have, by COPY.

How often an incident was seen falls off as the power 1.2 of its rank: the first has every fifth occurrence, the median has three. The newest
thousand of each are full, the others are light, as RETENTION leaves them; light ones past their 30 days are still there, for prune.
"""

import json
import random
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, models

from errorkit.models import Activity, Delivery, Fingerprint, Incident, Occurrence, SearchText
from errorkit.reports.identity import reference_of
from errorkit.reports.parts import Frame, RaisedException, RequestSnapshot
from errorkit.reports.report import Report
from errorkit.reports.words import texts_of, words_of

TAILS = 40  # reports that differ
ENVIRONMENTS = (["production"] * 16) + (["staging"] * 3) + ["development"]
STATUSES = (["open"] * 6) + ["acknowledged"] + (["resolved"] * 11) + (["ignored"] * 2)
STATUS_CODES = ([500] * 14) + [502, 503, 503, 504]
TYPES = [
    "ValueError",
    "KeyError",
    "AttributeError",
    "TypeError",
    "DoesNotExist",
    "OperationalError",
    "TimeoutError",
    "ConnectionError",
    "IntegrityError",
    "ZeroDivisionError",
    "IndexError",
    "PermissionError",
]
NOUNS = [
    "order",
    "invoice",
    "basket",
    "customer",
    "price",
    "stock",
    "shipment",
    "refund",
    "coupon",
    "address",
    "report",
    "import",
]
FAULTS = (
    "cannot be charged",
    "is locked",
    "was not found",
    "has no currency",
    "answered too late",
    "does not add up",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much there shall be. `pending` are the newest occurrences, which no incident counts yet."""

    incidents: int
    occurrences: int
    days: int = 90
    full_per_incident: int = 1_000
    pending: int = 300


def generate(size: Size) -> None:
    """Fill the empty, migrated default database; the same size gives the same rows, but for the time that they end at."""
    dice = random.Random(size.incidents)
    end = datetime.now(UTC).replace(microsecond=0)
    incidents = list(_incidents(size, dice, end))
    with connection.cursor() as cursor:
        # No foreign key has to be looked up 10 million times: every row that is named here exists.
        cursor.execute("SET session_replication_role = replica")
        indexes = _drop_indexes(cursor)
        _fill(cursor, Incident, INCIDENT, incidents)
        _fill(cursor, Fingerprint, FINGERPRINT, _fingerprints(incidents))
        _fill(cursor, Occurrence, OCCURRENCE, _occurrences(size, dice, end, incidents))
        cursor.execute(HOURLY_COUNTS)
        cursor.execute(HOURLY_TOTALS)
        cursor.execute(TOTALS)
        _fill(cursor, SearchText, SEARCH_TEXT, _search_texts(incidents))
        _derive(cursor, Activity, ACTIVITIES, ALL_CHANGES)
        _derive(cursor, Delivery, DELIVERIES, ALL_FORWARDED)
        for statement in indexes:
            cursor.execute(statement)
        _continue_numbering(cursor)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("RESET session_replication_role")


def _drop_indexes(cursor: Any) -> list[str]:
    """Drop what no constraint needs; return the statements that make it again, which is faster than to keep it."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'errorkit%' AND indexname NOT IN"
        " (SELECT conname FROM pg_constraint)"
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _, definition in found]


def _continue_numbering(cursor: Any) -> None:
    for model in (Incident, Fingerprint):
        table = model._meta.db_table
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        )


def _fill(
    cursor: Any, model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Copy rows of ready text into these columns; every other column holds its default."""
    others = _defaults(model, columns)
    constants = [_text(value).replace("%", "%%") for value in others.values()]
    line = "\t".join([*["%s"] * len(columns), *constants]) + "\n"
    names = ", ".join(f'"{name}"' for name in [*columns, *others])
    rows = iter(rows)
    with cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as copy:
        while chunk := "".join([line % row for row in islice(rows, 500)]):
            copy.write(chunk)


def _derive(cursor: Any, model: type[models.Model], columns: dict[str, str], source: str) -> None:
    """Insert rows that the database can tell from others; every other column holds its default."""
    others = _defaults(model, columns)
    names = ", ".join(f'"{name}"' for name in [*columns, *others])
    values = ", ".join([*columns.values(), *["%s"] * len(others)])
    cursor.execute(
        f"INSERT INTO {model._meta.db_table} ({names}) SELECT {values} {source}",
        [None if value is None else _text(value) for value in others.values()],
    )


def _defaults(model: type[models.Model], columns: Iterable[str]) -> dict[str, Any]:
    """Return the other columns and their defaults; a numbered primary key and a generated column make themselves."""
    given = set(columns)
    return {
        each.column: each.get_default()
        for each in model._meta.concrete_fields
        if each.column not in given
        and not isinstance(each, models.AutoField)
        and not each.generated
    }


def _text(value: Any) -> str:
    """Return a default as PostgreSQL reads it."""
    if value is None:
        return r"\N"
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value)


INCIDENT = [
    "id",
    "title",
    "location",
    "kind",
    "level",
    "environment",
    "status",
    "status_code",
    "first_seen",
    "last_seen",
    "first_release",
    "last_release",
]


def _incidents(size: Size, dice: random.Random, end: datetime) -> Iterator[tuple[Any, ...]]:
    start = end - timedelta(days=size.days)
    for number in range(1, size.incidents + 1):
        kind = "task" if number % 10 == 0 else "request"
        fault = f"{dice.choice(NOUNS)} {number} {dice.choice(FAULTS)}"
        yield (
            number,
            f"{dice.choice(TYPES)}: {fault}",
            f"shop.{dice.choice(NOUNS)}s.views in {dice.choice(NOUNS)}_detail",
            kind,
            "error",
            dice.choice(ENVIRONMENTS),
            dice.choice(STATUSES),
            dice.choice(STATUS_CODES) if kind == "request" else r"\N",
            start,
            start,
            "2026.8.1",
            f"2026.11.{number % 20 + 1}",
        )


FINGERPRINT = ["value", "environment", "incident_id", "created_at"]


def _fingerprints(incidents: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for number, _title, _location, _kind, _level, environment, *_, created, _, _, _ in incidents:
        yield f"v1:{number:040x}", environment, number, created


OCCURRENCE = [
    "id",
    "reference",
    "incident_id",
    "fingerprint",
    "environment",
    "full",
    "kind",
    "level",
    "occurred_at",
    "recorded_at",
    "title",
    "location",
    "status",
    "method",
    "route",
    "path",
    "request_id",
    "user_id",
    "user_label",
    "release",
    "server",
    "payload",
]


def _occurrences(
    size: Size, dice: random.Random, end: datetime, incidents: Sequence[tuple[Any, ...]]
) -> Iterator[tuple[Any, ...]]:
    """Yield them in the order of time, the incidents mixed as a site's are."""
    sequence, left = _sequence(size, dice)
    tails = [_payload_tail(number) for number in range(TAILS)]
    start = end.timestamp() - size.days * 86400
    step = size.days * 86400 / size.occurrences
    for position, number in enumerate(sequence):
        _, title, location, kind, level, environment, _, status, *_, release = incidents[number]
        left[number] -= 1
        full = left[number] < size.full_per_incident
        seconds = start + position * step
        at = datetime.fromtimestamp(seconds, UTC).isoformat()
        pk = UUID(int=_uuid7(int(seconds * 1000), dice.getrandbits(74)))
        user = dice.getrandbits(16)
        yield (
            pk,
            reference_of(pk),
            r"\N" if position >= size.occurrences - size.pending else number + 1,
            f"v1:{number + 1:040x}",
            environment,
            full,
            kind,
            level,
            at,
            at,
            title,
            location,
            status,
            "GET" if kind == "request" else "",
            "orders/<int:pk>/",
            f"/orders/{user * 7}/",
            f"{dice.getrandbits(128):032x}",
            user if user % 2 else "",
            f"user{user}@example.org" if user % 2 else "",
            release,
            f"web{user % 8}",
            f'{{"id":"{pk}","occurred_at":"{at}",' + tails[user % TAILS].replace("@TITLE@", title)
            if full
            else "",
        )


SEARCH_TEXT = ["incident_id", "words"]


def _search_texts(incidents: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield the words of each title, place and traceback; the first two tell incidents apart."""
    tails = [words_of(*texts_of(_report(number))) for number in range(TAILS)]
    for number, title, location, *_ in incidents:
        yield number, f"{words_of(title, location)} {tails[number % TAILS]}"


def _sequence(size: Size, dice: random.Random) -> tuple[array[int], array[int]]:
    """Return the incident of each occurrence, and how often each incident is seen."""
    weights = [rank**-1.2 for rank in range(1, size.incidents + 1)]
    scale = (size.occurrences - size.incidents) / sum(weights)
    counts = array("l", [1 + int(scale * weight) for weight in weights])
    counts[0] += size.occurrences - sum(counts)
    sequence = array("l")
    for number, count in enumerate(counts):
        sequence.extend(array("l", [number]) * count)
    dice.shuffle(sequence)
    return sequence, counts


def _uuid7(milliseconds: int, bits: int) -> int:
    high = (milliseconds << 16) | 0x7000 | (bits >> 62)
    return (high << 64) | (0b10 << 62) | (bits & 0x3FFF_FFFF_FFFF_FFFF)


def _payload_tail(number: int) -> str:
    """Return a report as COPY reads it, without its id and time."""
    plain = _report(number).to_plain()
    del plain["id"], plain["occurred_at"]
    return json.dumps(plain, separators=(",", ":"))[1:].replace("\\", "\\\\")


def _report(number: int) -> Report:
    """Return a report of twelve frames with locals."""
    frames = tuple(
        Frame(
            filename=f"shop/{noun}s/views.py",
            module=f"shop.{noun}s.views",
            function=f"{noun}_detail",
            lineno=17 * number + position,
            in_app=position % 3 > 0,
            context_line=f"    return {noun}.total(lines=lines, currency=currency)",
            pre_context=(f"    lines = {noun}.lines.all()", "    currency = request.currency"),
            locals={
                "self": f"<{noun}: {number}>",
                "lines": str([{"sku": f"A-{number * each}", "count": each} for each in range(3)]),
                "currency": "'EUR'",
            },
        )
        for position, noun in enumerate(NOUNS)
    )
    return Report(
        id=UUID(int=0),
        occurred_at=datetime.now(UTC),
        kind="request",
        fingerprint="",
        title="@TITLE@",
        location="shop.orders.views in order_detail",
        environment="production",
        exceptions=(
            RaisedException(type="ValueError", module="builtins", message="@TITLE@", frames=frames),
        ),
        request=RequestSnapshot(
            method="GET",
            path="/orders/",
            headers={f"x-header-{each}": f"value {number * each}" for each in range(10)},
        ),
    )


HOURLY_COUNTS = """
INSERT INTO errorkit_hourlycount (incident_id, hour, count)
SELECT incident_id, date_trunc('hour', occurred_at), count(*)
FROM errorkit_occurrence WHERE incident_id IS NOT NULL GROUP BY 1, 2 ORDER BY 2, 1
"""
HOURLY_TOTALS = """
INSERT INTO errorkit_hourlytotal (hour, environment, status_code, count)
SELECT hour, environment, coalesce(status_code, 0), sum(count)
FROM errorkit_hourlycount JOIN errorkit_incident ON errorkit_incident.id = incident_id GROUP BY 1, 2, 3 ORDER BY 1
"""
TOTALS = """
UPDATE errorkit_incident SET times_seen = seen, times_light = light, first_seen = earliest, last_seen = latest,
  last_full_id = newest
FROM (
  SELECT incident_id, count(*) AS seen, count(*) FILTER (WHERE NOT "full") AS light, min(occurred_at) AS earliest,
    max(occurred_at) AS latest, max(id::text) FILTER (WHERE "full")::uuid AS newest
  FROM errorkit_occurrence WHERE incident_id IS NOT NULL GROUP BY 1
) AS totals WHERE incident_id = errorkit_incident.id
"""
ACTIVITIES = {
    "incident_id": "incident.id",
    "kind": "change",
    "at": "first_seen",
}
ALL_CHANGES = """
FROM errorkit_incident AS incident, unnest(ARRAY['opened', 'acknowledged', 'resolved']) AS change
WHERE change = 'opened' OR mod(incident.id, 3) = 0 ORDER BY first_seen
"""
DELIVERIES = {
    "key": "'forward:sentry:' || replace(id::text, '-', '')",
    "channel": "'sentry'",
    "purpose": "'forward'",
    "incident_id": "incident_id",
    "occurrence_id": "id",
    "status": "'accepted'",
    "attempts": "1",
    "created_at": "occurred_at",
    "finished_at": "occurred_at",
    "next_attempt_at": "occurred_at",
    "expires_at": "occurred_at",
}
# What has left in the last 30 days, to one channel.
ALL_FORWARDED = """
FROM errorkit_occurrence
WHERE "full" AND incident_id IS NOT NULL AND occurred_at > now() - interval '30 days' ORDER BY id
"""
