"""The API does what its description says, for whoever asks."""

import sys
from contextlib import suppress
from datetime import timedelta

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from errorkit.models import Schedule, Silence
from errorkit.rest.openapi import describe_api
from tests import factories
from tests.rest.conftest import API

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# A host's pages may be served to anybody; the token is the same in the cookie and in the header.
CSRF = "x" * 32
LONG = pytest.mark.long


# A WSGI application closes its connection after each request.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(
    "who",
    # Whoever may do everything gets furthest, so that on every database.
    ["manager", *(pytest.param(who, marks=LONG) for who in ("anonymous", "viewer", "responder"))],
)
def test_api_answers_as_described(people, who, mode):
    incident = factories.make_incident(occurrences=2)
    factories.make_delivery(incident=incident, tries=1)
    Schedule.objects.create(name="Shop", fallback_id="7", fallback_label="ada")
    Silence.objects.create(reason="we know", ends_at=timezone.now() + timedelta(hours=1))
    document = describe_api(f"{API}/")
    for operations in document["paths"].values():
        for operation in operations.values():
            # With it every status would be a described one.
            del operation["responses"]["default"]
    schema = schemathesis.openapi.from_dict(document)
    schema.app = get_wsgi_application()
    cookies = {name: each.value for name, each in people[who].cookies.items()}
    cookies["csrftoken"] = CSRF

    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=5,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(mode))
        def conforms(case):
            if "id" in case.path_parameters:
                _aim(case, incident)
            case.call_and_validate(checks=CHECKS, cookies=cookies, headers={"X-CSRFToken": CSRF})

        with suppress(Unsatisfiable):  # an operation without parameters knows no wrong ones
            conforms()


def _aim(case, incident):
    """Let half of the cases meet a row that exists."""
    if len(case.path_parameters["id"]) % 2:
        return
    rows = {
        "incidents": incident,
        "deliveries": incident.deliveries.get(),
        "occurrences": incident.occurrences.first(),
        "schedules": Schedule.objects.get(),
        "silences": Silence.objects.first(),
    }
    case.path_parameters["id"] = str(rows[case.path.split("/")[3]].pk)


def test_description_is_served_to_who_is_logged_in(viewer):
    document = viewer.get(f"{API}/schema/").json()
    assert document["openapi"].startswith("3.1")
    assert f"{API}/incidents/{{id}}/resolve/" in document["paths"]
    assert Client().get(f"{API}/schema/").status_code == 403


def test_description_names_how_one_is_let_in(db):
    document = describe_api(f"{API}/")
    assert set(document["components"]["securitySchemes"]) == {"cookieAuth", "deployToken"}
    deploys = document["paths"][f"{API}/deploys/"]
    assert {"deployToken": []} in deploys["post"]["security"]
    assert {"deployToken": []} not in deploys["get"]["security"]


def test_description_is_missing_when_the_extra_is_not_installed(viewer, monkeypatch):
    monkeypatch.setitem(sys.modules, "errorkit.rest.openapi", None)
    assert viewer.get(f"{API}/schema/").status_code == 404
