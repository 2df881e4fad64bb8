"""No page asks the database more often because there is more to show."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from errorkit.incidents.feedback import leave_feedback
from errorkit.models import (
    Alert,
    CalendarFeed,
    ContactMethod,
    Deploy,
    EscalationPolicy,
    Layer,
    LayerMember,
    Route,
    Schedule,
    Silence,
)
from tests.admin.test_matrix import MATRIX, NOBODY, rows, url_of, users
from tests.factories import (
    make_activity,
    make_delivery,
    make_incident,
    make_occurrence,
    make_sweep,
)

__all__ = ["rows", "users"]

PAGES = sorted(name for name, (look, _) in MATRIX.items() if look != NOBODY)


@pytest.mark.parametrize("name", PAGES)
def test_page_asks_as_often_when_there_is_four_times_as_much(rows, users, name) -> None:
    client = Client()
    client.force_login(users["superuser"])
    make_sweep()
    url = url_of(name, rows)
    multiply(rows, range(5))
    client.get(url)  # what is asked once per process

    few = queries_of(client, url)
    multiply(rows, range(5, 20))

    many = queries_of(client, url)
    assert len(many) == len(few), sorted(set(many) - set(few))


def queries_of(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code in {200, 302}
    return [query["sql"] for query in queries]


def multiply(rows: dict[str, Any], numbers: range) -> None:
    """Add rows beside the first ones, and below them."""
    now = timezone.now()
    policy = rows["escalationpolicy"]
    # A schedule has a handful of layers, and its form asks for the people of each.
    layer, _ = Layer.objects.get_or_create(schedule=rows["schedule"], starts_on=now.date())
    for number in numbers:
        incident = make_incident(occurrences=2, title=f"ValueError: {number}")
        for owner in (incident, rows["incident"]):
            make_occurrence(incident=owner)
            make_activity(owner)
            make_delivery(owner, tries=2, status="dead", finished_at=now)
        leave_feedback(rows["occurrence"].pk, text=f"Message {number}")
        Alert.objects.create(incident=incident, transition="opened")
        Deploy.objects.create(release=f"2.{number}", environment="production")
        LayerMember.objects.create(
            layer=layer, position=number, user_id=str(number), label=f"person {number}"
        )
        Schedule.objects.create(name=f"Schedule {number}")
        EscalationPolicy.objects.create(name=f"Policy {number}")
        Route.objects.create(name=f"Route {number}", policy=policy)
        Silence.objects.create(ends_at=now + timedelta(hours=1), reason=f"Rest {number}")
        ContactMethod.objects.create(user_id="1", label="ada", address=f"a{number}@example.com")
        CalendarFeed.objects.create(user_id="1", label="ada", token_hash=f"{number + 1:064}")
