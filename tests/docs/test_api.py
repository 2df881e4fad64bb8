"""The page about the API says nothing that is not so: its examples are sent, its members are compared with the code's."""

import hashlib
import re
import shlex
from argparse import ArgumentParser, Namespace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication

from errorkit.models import Schedule, Silence
from errorkit.reports.parts import EXCEPTION_MEMBERS, FRAME_MEMBERS, REQUEST_MEMBERS
from errorkit.reports.report import REPORT_MEMBERS
from errorkit.rest.openapi import describe_api
from tests import factories

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "api.md").read_text()
VALUES = {"API": "/errorkit/api", "TOKEN": "of-a-program", "DEPLOY_TOKEN": "of-a-pipeline"}


class AnyToken(BaseAuthentication):
    """What a host names in API_AUTHENTICATION."""

    def authenticate(self, request):
        """Return a user who may do everything."""
        if request.headers.get("Authorization") != f"Token {VALUES['TOKEN']}":
            return None
        return get_user_model().objects.get(username="grace"), None


def examples() -> list[Namespace]:
    """Return what each example asks curl for."""
    curl = ArgumentParser()
    curl.add_argument("-H", dest="header")
    curl.add_argument("-X", dest="method")
    curl.add_argument("-o", dest="file")
    curl.add_argument("--json")
    curl.add_argument("url")
    texts = re.findall(r"^\$ curl (.*)$", PAGE, re.MULTILINE)
    filled = [re.sub(r"\$(\w+)", lambda found: VALUES[found[1]], text) for text in texts]
    return [curl.parse_args(shlex.split(text)) for text in filled]


def method_of(example: Namespace) -> str:
    return example.method or ("POST" if example.json else "GET")


@pytest.fixture
def rows(settings, admin_user) -> None:
    """The rows that the examples name."""
    digest = hashlib.sha256(VALUES["DEPLOY_TOKEN"].encode()).hexdigest()
    path = f"{__name__}.{AnyToken.__name__}"
    settings.ERRORKIT = {"API_AUTHENTICATION": [path], "DEPLOY_TOKENS": [digest]}
    settings.ROOT_URLCONF = "tests.rest.urls"
    get_user_model().objects.create_superuser("grace")
    incident = factories.make_incident(pk=7, occurrences=1)
    factories.make_incident(pk=8)
    factories.make_occurrence(id=UUID("01939f3e-7c00-7000-8000-000000000007"), incident=incident)
    factories.make_delivery(incident, pk=3, status="dead", finished_at=timezone.now())
    Schedule.objects.create(pk=1, name="Shop")
    soon = timezone.now() + timedelta(hours=1)
    Silence.objects.create(pk=1, reason="we know", ends_at=soon)


@pytest.mark.parametrize("example", examples(), ids=lambda it: f"{method_of(it)} {it.url}")
def test_example_works_when_it_is_sent(rows, example) -> None:
    soon = timezone.now() + timedelta(hours=3)
    body = re.sub(r'(?<="ends_at": ")[^"]+', soon.isoformat(), example.json or "")
    name, _, value = (example.header or "").partition(": ")

    answer = Client(enforce_csrf_checks=True).generic(
        method_of(example),
        example.url,
        body,
        content_type="application/json" if example.json else "",
        headers={name: value},
    )

    assert answer.status_code in {200, 201}, answer.content
    if not answer.streaming and "changed" in answer.json() and "split" not in example.url:
        assert answer.json()["changed"] is not ("reopen" in example.url or "wake" in example.url)


def test_every_endpoint_has_an_example_when_the_description_names_it() -> None:
    described = describe_api(VALUES["API"])["paths"].items()
    shown = {(method_of(it), it.url.partition("?")[0]) for it in examples()}

    for path, operations in described:
        pattern = re.escape(path).replace(r"\{id\}", "[^/]+")
        for method in operations:
            assert any(it[0] == method.upper() and re.fullmatch(pattern, it[1]) for it in shown), (
                path
            )


@pytest.mark.parametrize(
    ("heading", "members"),
    [
        ("member of `report`", REPORT_MEMBERS),
        ("member of an exception", EXCEPTION_MEMBERS),
        ("member of a frame", FRAME_MEMBERS),
        ("member of `request`", REQUEST_MEMBERS),
    ],
)
def test_table_names_every_member_when_it_is_compared_with_the_report(heading, members) -> None:
    table = PAGE.split(f"| {heading} | |\n|---|---|\n")[1].partition("\n\n")[0]
    named = [
        name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])
    ]

    assert sorted(named) == sorted(members)
