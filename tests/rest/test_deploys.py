"""Deploy markers, by people and by pipelines."""

import hashlib
import io
import secrets
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from errorkit.models import Deploy
from errorkit.rest.throttles import A_MINUTE
from tests import factories
from tests.rest.conftest import API

URL = f"{API}/deploys/"
TOKEN = "a-token-of-a-pipeline"


@pytest.fixture
def token(settings) -> str:
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    settings.ERRORKIT = {"DEPLOY_TOKENS": ["0" * 64, digest.upper()], "ENVIRONMENT": "staging"}
    return TOKEN


def tell(client, body, bearer=None):
    headers = {"Authorization": f"Bearer {bearer}"} if bearer is not None else {}
    return client.post(URL, body, content_type="application/json", headers=headers)


def test_deploy_is_recorded_when_a_pipeline_tells_of_it(db, token):
    answer = tell(Client(enforce_csrf_checks=True), {"release": "1.4.2"}, token)
    assert answer.status_code == 201
    deploy = Deploy.objects.get()
    assert (deploy.release, deploy.environment, deploy.actor_label) == (
        "1.4.2",
        "staging",
        "deploy token",
    )
    assert answer.json()["id"] == deploy.pk


def test_deploy_is_recorded_once_when_the_pipeline_repeats_its_step(db, token):
    first, second = (tell(Client(), {"release": "1.4.2"}, token) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


def test_deploy_is_recorded_again_when_it_goes_back_to_an_older_release(db, token):
    for release in ("1", "2", "1"):
        tell(Client(), {"release": release}, token)
    assert [each.release for each in Deploy.objects.order_by("id")] == ["1", "2", "1"]


def test_deploy_is_recorded_once_when_the_past_is_told_again(db, token):
    tell(Client(), {"release": "2"}, token)
    body = {"release": "1", "at": (timezone.now() - timedelta(days=3)).isoformat()}
    assert [tell(Client(), body, token).status_code for _ in range(2)] == [201, 200]
    assert [each.release for each in Deploy.objects.order_by("at")] == ["1", "2"]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", -366, 1])
def test_deploy_is_refused_when_its_time_cannot_be(db, token, at):
    if isinstance(at, int):
        at = (timezone.now() + timedelta(days=at)).isoformat()
    answer = tell(Client(), {"release": "1", "at": at}, token)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/at"
    assert not Deploy.objects.exists()


def test_pipeline_is_told_to_wait_when_it_tells_too_often(db, settings):
    busy, other = secrets.token_hex(), secrets.token_hex()
    digests = [hashlib.sha256(each.encode()).hexdigest() for each in (busy, other)]
    settings.ERRORKIT = {"DEPLOY_TOKENS": digests}
    answers = [tell(Client(), {"release": "1"}, busy) for _ in range(A_MINUTE)]
    assert {answer.status_code for answer in answers} == {200, 201}
    # A slow machine may have earned another one meanwhile.
    refused = next(
        it for _ in range(A_MINUTE) if (it := tell(Client(), {}, busy)).status_code == 429
    )
    assert refused["Retry-After"] == "1"
    assert refused["Content-Type"] == "application/problem+json"
    assert tell(Client(), {"release": "1"}, other).status_code == 200


@pytest.mark.parametrize("bearer", [None, "", "wrong", TOKEN + "x", TOKEN.upper(), "\u00e9"])
def test_deploy_is_refused_when_the_token_is_not_known(db, token, bearer):
    answer = tell(Client(), {"release": "1.4.2"}, bearer)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert not Deploy.objects.exists()


def test_digest_opens_nothing_when_it_is_used_as_the_token(db, token):
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    assert tell(Client(), {"release": "1.4.2"}, digest).status_code == 401


@pytest.mark.parametrize("path", ["/deploys/", "/incidents/", "/occurrences/"])
def test_token_reads_nothing(db, token, path):
    factories.make_incident()
    answer = Client().get(API + path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code in {401, 403}


def test_deploy_is_recorded_when_a_person_may_add_it(log_in):
    client = log_in("add_deploy", "view_deploy")
    at = f"{timezone.now() - timedelta(days=3):%Y-%m-%dT%H:00:00Z}"
    body = {"release": "1", "environment": "production", "at": at}
    assert tell(client, body).status_code == 201
    (row,) = client.get(f"{URL}?environment=production").json()["results"]
    assert row["at"] == at
    assert row["actor_label"].startswith("user-")
    assert client.get(f"{URL}?environment=staging").json()["results"] == []


def test_deploy_is_refused_when_a_person_may_only_read(log_in):
    assert tell(log_in("view_deploy", "change_deploy"), {"release": "1"}).status_code == 403


@pytest.mark.parametrize("body", [{}, {"release": ""}, {"release": "x" * 129}, {"release": "\0"}])
def test_deploy_is_refused_when_the_body_is_bad(db, token, body):
    assert tell(Client(), body, token).status_code == 400


def test_command_records_the_deploy_once(db, settings):
    settings.ERRORKIT = {"ENVIRONMENT": "staging"}
    said = [io.StringIO(), io.StringIO()]
    for stdout in said:
        call_command("errorkit_deploy", "1.4.2", stdout=stdout)
    assert "1.4.2 in staging: recorded" in said[0].getvalue()
    assert "already" in said[1].getvalue()
    assert Deploy.objects.get().environment == "staging"


@pytest.mark.parametrize("release", ["", "x" * 129])
def test_command_fails_when_the_release_is_unusable(db, release):
    with pytest.raises(CommandError):
        call_command("errorkit_deploy", release)


def test_deploys_are_listed_in_the_admin(admin_client):
    Deploy.objects.create(release="<b>1.4.2</b>", environment="production")
    answer = admin_client.get("/admin/errorkit/deploy/")
    assert b"&lt;b&gt;1.4.2" in answer.content
    page = admin_client.get(f"/admin/errorkit/deploy/{Deploy.objects.get().pk}/change/")
    assert page.status_code == 302
