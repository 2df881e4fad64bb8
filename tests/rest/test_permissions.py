"""Who may do what, also on a site whose own REST_FRAMEWORK lets everybody do everything."""

import itertools
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from errorkit.models import Schedule, Silence
from errorkit.rest.openapi import describe_api
from tests import databases, factories
from tests.rest.conftest import API

READ = ("viewer", "responder", "manager")
WRITE = ("responder", "manager")
MANAGE = ("manager",)
MATRIX = [
    ("get", "/incidents/", READ),
    ("get", "/incidents/{incident}/", READ),
    ("get", "/incidents/{incident}/activities/", READ),
    ("get", "/incidents/export/csv/", READ),
    ("get", "/incidents/export/ndjson/", READ),
    ("post", "/incidents/{incident}/acknowledge/", WRITE),
    ("post", "/incidents/{incident}/resolve/", WRITE),
    ("post", "/incidents/{incident}/ignore/", WRITE),
    ("post", "/incidents/{incident}/reopen/", WRITE),
    ("post", "/incidents/{incident}/snooze/", WRITE),
    ("post", "/incidents/{incident}/wake/", WRITE),
    ("post", "/incidents/{incident}/assign/", WRITE),
    ("post", "/incidents/{incident}/merge/", WRITE),
    ("post", "/incidents/{incident}/split/", WRITE),
    ("post", "/incidents/{incident}/comments/", WRITE),
    ("get", "/occurrences/", READ),
    ("get", "/occurrences/{occurrence}/", READ),
    ("get", "/occurrences/export/csv/", READ),
    ("get", "/occurrences/export/ndjson/", READ),
    ("get", "/health/", READ),
    ("get", "/oncall/", READ),
    ("get", "/overview/", READ),
    ("get", "/schema/", READ),
    ("get", "/deliveries/", READ),
    ("get", "/deliveries/{delivery}/", READ),
    ("post", "/deliveries/{delivery}/retry/", WRITE),
    ("get", "/deploys/", READ),
    ("post", "/deploys/", MANAGE),
    ("get", "/schedules/", READ),
    ("get", "/schedules/{schedule}/", READ),
    ("get", "/silences/", READ),
    ("get", "/silences/{silence}/", READ),
    ("post", "/silences/", WRITE),
    ("post", "/silences/{silence}/end/", WRITE),
]
FOLDER = Path(__file__).resolve().parent
ITSELF = Path(__file__).relative_to(FOLDER.parent.parent)
BODY = {
    "text": "done",
    "release": "1.4.2",
    "reason": "we know",
    "more": 5,
    "owner": "grace",
    "into": 999,
}


@pytest.mark.parametrize(("method", "path", "allowed"), MATRIX)
def test_endpoint_admits_only_who_has_the_permission(
    people, django_user_model, method, path, allowed
):
    django_user_model.objects.create_user("grace")
    incident = factories.make_incident()
    occurrence = factories.make_occurrence(incident=incident)
    delivery = factories.make_delivery(incident=incident)
    soon = timezone.now() + timedelta(hours=1)
    path = path.format(
        incident=incident.pk,
        occurrence=occurrence.pk,
        delivery=delivery.pk,
        schedule=Schedule.objects.create(name="Shop").pk,
        silence=Silence.objects.create(reason="we know", ends_at=soon).pk,
    )

    statuses = {
        who: getattr(client, method)(
            API + path, {**BODY, "ends_at": soon}, content_type="application/json"
        ).status_code
        if method == "post"
        else client.get(API + path).status_code
        for who, client in people.items()
    }

    admitted = {who for who, status in statuses.items() if status in {200, 201}}
    assert admitted == set(allowed)
    assert set(statuses.values()) <= {200, 201, 401, 403}


def test_every_endpoint_is_placed():
    described = describe_api(API)["paths"].items()
    paths = {(method, path) for path, operations in described for method in operations}
    placed = {(method, re.sub("{[a-z]+}", "{id}", API + path)) for method, path, _ in MATRIX}
    assert placed == {*paths, ("get", f"{API}/schema/")}


@pytest.mark.parametrize("permission", ["change_incident", "add_incident", "delete_incident"])
def test_incident_is_not_shown_when_only_another_permission_is_given(log_in, permission):
    incident = factories.make_incident()
    client = log_in(permission)
    for path in (f"/incidents/{incident.pk}/", f"/incidents/{incident.pk}/resolve/"):
        for method in (client.get, client.post):
            assert method(API + path).status_code in {403, 405}
    incident.refresh_from_db()
    assert incident.status == "open"


def test_triage_is_refused_when_the_csrf_token_is_missing(log_in):
    incident = factories.make_incident()
    client = log_in("view_incident", "change_incident", enforce_csrf_checks=True)
    answer = client.post(f"{API}/incidents/{incident.pk}/resolve/")
    assert answer.status_code == 403
    incident.refresh_from_db()
    assert incident.status == "open"


def test_answer_is_the_same_json_when_the_host_prefers_something_else(viewer):
    incident = factories.make_incident(title="Überlauf")
    answer = viewer.get(f"{API}/incidents/", headers={"Accept": "text/shout"})
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    assert "Überlauf".encode() in answer.content
    row = answer.json()["results"][0]
    assert row["last_seen"] == incident.last_seen.isoformat().replace("+00:00", "Z")
    assert row["times_seen"] == incident.times_seen


def test_methods_that_change_rows_directly_are_refused(manager):
    incident = factories.make_incident()
    for method, path in itertools.product(
        ("put", "patch", "delete"), ("/incidents/", f"/incidents/{incident.pk}/")
    ):
        assert getattr(manager, method)(API + path).status_code == 405


def test_form_body_is_refused_when_it_is_not_json(responder):
    incident = factories.make_incident()
    answer = responder.post(f"{API}/incidents/{incident.pk}/resolve/", {"text": "x"})
    assert answer.status_code == 415


def test_policies_hold_when_the_host_configures_rest_framework_against_them(tmp_path):
    # REST framework reads its settings while its modules load, so that this takes a process of its own.
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-m",
            "not long",
            "--deselect",
            f"{ITSELF}::test_policies_hold_when_the_host_configures_rest_framework_against_them",
            "--ignore",
            f"{FOLDER}/test_handlers.py",
            str(FOLDER),
        ],
        cwd=FOLDER.parent.parent,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.rest.hostile",
            "ERRORKIT_TEST_NAME": f"{databases.TEST_NAME}_hostile",
            "TMPDIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:]
    assert re.search(r"\d{3} passed, \d+ deselected", run.stdout), run.stdout[-4000:]
