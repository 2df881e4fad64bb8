"""Who may do what: every address and every action of errorkit's pages, by role. A new one has to be placed here."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from errorkit.models import (
    Alert,
    CalendarFeed,
    ContactMethod,
    Deploy,
    EscalationPolicy,
    Route,
    Schedule,
    Silence,
)
from tests.factories import make_activity, make_delivery, make_incident, make_occurrence

ROLES = ("visitor", "staff", "viewer", "responder", "manager", "superuser")
NOBODY = "nobody"

# The lowest role that may look (GET) and the lowest that may act (POST).
OWNED_BY_THE_FLOW = {
    "changelist": ("viewer", "viewer"),
    "change": ("viewer", "viewer"),  # the page of a row: what is posted to it changes nothing
    "history": ("viewer", "viewer"),  # leads to that page
    "add": (NOBODY, NOBODY),
    "delete": (NOBODY, NOBODY),
}
SETTINGS = {
    "changelist": ("viewer", "viewer"),
    "change": ("viewer", "manager"),
    "history": ("viewer", "viewer"),
    "add": ("manager", "manager"),
    "delete": ("manager", "manager"),
}
MATRIX = {
    **{
        f"{model}_{page}": roles
        for model in ("incident", "occurrence", "delivery", "deploy", "activity", "alert")
        for page, roles in OWNED_BY_THE_FLOW.items()
    },
    **{
        f"{model}_{page}": roles
        for model in ("schedule", "escalationpolicy", "route", "silence", "contactmethod")
        for page, roles in SETTINGS.items()
    },
    **{f"calendarfeed_{page}": roles for page, roles in SETTINGS.items()},
    "overview": ("viewer", "viewer"),
    "incident_triage": (NOBODY, "responder"),
    "occurrence_by_reference": ("viewer", "viewer"),
    "occurrence_json": ("manager", "manager"),
    "delivery_retry": (NOBODY, "responder"),
    "delivery_replay": (NOBODY, "responder"),
    "delivery_channels": ("viewer", "viewer"),
    "delivery_test": (NOBODY, "responder"),
    "delivery_backfill": (NOBODY, "responder"),
    "schedule_calendar": ("viewer", "viewer"),
    "silence_add": ("responder", "responder"),
    "silence_change": ("viewer", "responder"),
    "silence_delete": (
        NOBODY,
        NOBODY,
    ),  # it is ended instead, which makes its incidents heard again
    "contactmethod_code": (NOBODY, "manager"),
    "contactmethod_verify": (NOBODY, "manager"),
    "contactmethod_test": (NOBODY, "manager"),
    # A feed is made and taken away; there is nothing in it to change.
    "calendarfeed_change": ("viewer", NOBODY),
}
ACTIONS = {
    "incident": {
        "acknowledge": "responder",
        "resolve": "responder",
        "ignore": "responder",
        "reopen": "responder",
        "merge": "responder",
        "resolve_in_next": "responder",
        "resolve_in_release": "responder",
        "snooze": "responder",
        "wake": "responder",
        "assign": "responder",
        "remove": "manager",
    },
    "activity": {},
    "alert": {},
    "occurrence": {},
    "delivery": {"retry": "responder", "replay": "responder"},
    "deploy": {},
    "silence": {"end_now": "responder"},
    **{
        model: {"delete_selected": "manager"}
        for model in (
            "schedule",
            "escalationpolicy",
            "route",
            "contactmethod",
            "calendarfeed",
        )
    },
}


def patterns_of(patterns: list[Any]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from patterns_of(pattern.url_patterns)
        else:
            yield pattern


ADDRESSES = {
    pattern.name.removeprefix("errorkit_"): pattern.pattern.converters
    for pattern in patterns_of(admin.site.get_urls())
    if pattern.name and pattern.name.startswith("errorkit_")
}
PAGES = {
    model._meta.model_name: page
    for model, page in admin.site._registry.items()
    if model._meta.app_label == "errorkit"
}


@pytest.fixture
def rows(db) -> dict[str, Any]:
    """One row of each kind, by the name of its model."""
    now = timezone.now()
    incident = make_incident(occurrences=1)
    policy = EscalationPolicy.objects.create(name="Everybody")
    rows = [
        incident,
        make_occurrence(incident=incident),
        make_activity(incident),
        Alert.objects.create(incident=incident, transition="opened"),
        make_delivery(incident, status="dead", finished_at=now),
        Deploy.objects.create(release="1.0", environment="production"),
        Schedule.objects.create(name="Web"),
        policy,
        Route.objects.create(name="All", policy=policy),
        Silence.objects.create(ends_at=now + timedelta(hours=1), reason="Rest"),
        ContactMethod.objects.create(user_id="1", label="ada", address="ada@example.com"),
        CalendarFeed.objects.create(user_id="1", label="ada", token_hash="0" * 64),
    ]
    return {row._meta.model_name: row for row in rows}


@pytest.fixture
def users(db, django_user_model) -> dict[str, Any]:
    """A user for each role, who may do what `errorkit_groups` says."""
    call_command("errorkit_groups", verbosity=0)
    users = {
        role: django_user_model.objects.create_user(
            role, is_staff=True, is_superuser=role == "superuser"
        )
        for role in ROLES[1:]
    }
    for role in ("viewer", "responder", "manager"):
        users[role].groups.add(Group.objects.get(name=f"errorkit {role}s"))
    return users


def test_every_address_and_every_model_is_placed() -> None:
    assert set(ADDRESSES) == set(MATRIX)
    assert set(PAGES) == set(ACTIONS)


@pytest.mark.long
@pytest.mark.parametrize("role", ROLES)
def test_role_is_let_in_where_it_is_meant_to_be(rows, users, role) -> None:
    client = Client()
    if role in users:
        client.force_login(users[role])

    for method, place in (("get", 0), ("post", 1)):
        let_in = {name for name in MATRIX if is_let_in(client, method, url_of(name, rows))}
        assert let_in == {name for name, lowest in MATRIX.items() if reaches(role, lowest[place])}


def url_of(name: str, rows: dict[str, Any]) -> str:
    row = rows.get(name.partition("_")[0])
    known = {"reference": getattr(row, "reference", ""), "alias": "sentry"}
    arguments = {each: known.get(each, row.pk) for each in ADDRESSES[name]}
    return reverse(f"admin:errorkit_{name}", kwargs=arguments)


def reaches(role: str, lowest: str) -> bool:
    return lowest != NOBODY and ROLES.index(role) >= ROLES.index(lowest)


def is_let_in(client: Client, method: str, url: str) -> bool:
    answer = getattr(client, method)(url)
    to_login = answer.status_code == 302 and answer["Location"].startswith("/admin/login/")
    return not to_login and answer.status_code not in (403, 405)


@pytest.mark.parametrize("model", sorted(ACTIONS))
def test_action_is_offered_to_whom_it_is_for(rows, users, rf, model) -> None:
    request = rf.get("/")
    offered = {}
    for role, request.user in users.items():
        offered[role] = set(PAGES[model].get_actions(request))

    actions = ACTIONS[model].items()
    assert offered == {
        role: {name for name, lowest in actions if reaches(role, lowest)} for role in users
    }
