"""The totals of all incidents, beside the counts of each."""

from datetime import UTC, datetime

from django.db.models import Sum

from errorkit.models import HourlyCount, HourlyTotal
from errorkit.storage.digest import digest
from tests import factories

TEN = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
ELEVEN = datetime(2026, 11, 20, 11, 30, tzinfo=UTC)


def fail(at, **values):
    factories.make_occurrence(occurred_at=at, **values)


def totals():
    rows = HourlyTotal.objects.order_by("hour", "environment", "status_code")
    return [(row.hour.hour, row.environment, row.status_code, row.count) for row in rows]


def test_totals_add_up_hours_environments_and_statuses(db):
    fail(TEN, fingerprint="v1:a")
    fail(TEN, fingerprint="v1:b")
    fail(ELEVEN, fingerprint="v1:a")
    fail(TEN, fingerprint="v1:c", status=502)
    fail(TEN, fingerprint="v1:d", status=None, kind="task")
    fail(TEN, fingerprint="v1:a", environment="staging")
    digest()
    assert totals() == [
        (10, "production", 0, 1),
        (10, "production", 500, 2),
        (10, "production", 502, 1),
        (10, "staging", 500, 1),
        (11, "production", 500, 1),
    ]


def test_totals_stay_equal_to_the_counts_when_batches_follow_each_other(db):
    for number in range(7):
        fail(TEN, fingerprint=f"v1:{number % 3}")
    while digest(limit=2).digested:
        pass
    assert totals() == [(10, "production", 500, 7)]
    assert HourlyCount.objects.aggregate(all=Sum("count")) == {"all": 7}
