"""Give the demo's incidents a past, so that pictures show what a month looks like: `python -m project.past`."""

import os
import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from errorkit.models import Incident


def main() -> None:
    """Add a month of hourly counts and three deploys to the database of ERRORKIT_DEMO_DIR."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
    import django

    django.setup()

    from django.utils import timezone

    from errorkit.models import Deploy, Incident

    now = timezone.now()
    for release, days in (("demo-0.8", 16), ("demo-0.9", 9), ("demo-1", 2)):
        Deploy.objects.create(release=release, environment="demo", at=now - timedelta(days=days))
    for incident in Incident.objects.order_by("id"):
        _add_past(incident, now)


def _add_past(incident: "Incident", now: datetime) -> None:
    from errorkit.models import HourlyCount, HourlyTotal

    chance = random.Random(incident.title)  # noqa: S311 - the same picture each time
    newest = now.replace(minute=0, second=0, microsecond=0)
    age = chance.choice([2, 9, 16, 29]) * 24 - 1
    backs = sorted(chance.sample(range(1, age), k=max(age // chance.choice([2, 3, 5]), 8)))
    counts = [
        HourlyCount(
            incident=incident, hour=newest - timedelta(hours=back), count=chance.randint(1, 9)
        )
        for back in backs
    ]
    HourlyCount.objects.bulk_create(counts)
    for each in counts:
        total, _ = HourlyTotal.objects.get_or_create(
            hour=each.hour,
            environment=incident.environment,
            status_code=incident.status_code or 0,
        )
        total.count += each.count
        total.save(update_fields=["count"])
    incident.times_seen += sum(each.count for each in counts)
    incident.first_seen = counts[-1].hour
    incident.save(update_fields=["times_seen", "first_seen"])


if __name__ == "__main__":
    main()
