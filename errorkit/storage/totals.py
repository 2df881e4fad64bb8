"""What a batch adds to the totals of all incidents. Runs inside the digest's transaction and under its lock."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from errorkit.models import HourlyTotal
from errorkit.storage.counting import Counted


def count_totals(counted: Sequence[Counted], alias: str) -> None:
    """Add the batch to its hours; it has few of them, and few environments and statuses."""
    grown: Counter[tuple[datetime, str, int]] = Counter()
    for change, group in counted:
        incident = change.incident
        for hour, times in group.hours.items():
            grown[hour, incident.environment, incident.status_code or 0] += times
    totals = HourlyTotal.objects.using(alias)
    for (hour, environment, status_code), times in sorted(grown.items()):
        names = {"hour": hour, "environment": environment, "status_code": status_code}
        if not totals.filter(**names).update(count=F("count") + times):
            totals.create(**names, count=times)
