from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from errorkit.health.access import health_token
from errorkit.storage.breaker import breaker
from errorkit.testing import live
from tests.factories import make_delivery

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.views.urls")]


@pytest.fixture(autouse=True)
def production(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.ERRORKIT = {"SPOOL_DIR": tmp_path / "state"}
    with live():
        yield


def test_health_is_short_and_fine_when_a_stranger_asks(client: Any) -> None:
    answer = client.get("/errors/health/")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer["Cache-Control"] == "no-store"


def test_health_fails_when_nobody_sweeps(client: Any) -> None:
    make_delivery()

    answer = client.get("/errors/health/")

    assert (answer.status_code, answer.json()) == (503, {"status": "failing"})


@pytest.mark.parametrize("way", ["header", "query"])
def test_details_are_shown_when_the_token_is_given(client: Any, way: str) -> None:
    make_delivery()
    token = health_token()
    headers = {"Authorization": f"Bearer {token}"} if way == "header" else {}

    answer = client.get(
        "/errors/health/" + (f"?token={token}" if way == "query" else ""), headers=headers
    )

    assert [problem["code"] for problem in answer.json()["problems"]] == ["no_sweep"]
    assert answer.json()["database"]["outbox_due"] == 1


def test_details_are_shown_when_staff_ask_and_not_to_others(
    admin_client: Any, client: Any, django_user_model: Any
) -> None:
    assert "spool" in admin_client.get("/errors/health/").json()
    client.force_login(django_user_model.objects.create_user("ada"))
    assert "spool" not in client.get("/errors/health/").json()
    assert client.get("/errors/metrics/").status_code == 403


def test_health_answers_without_a_query_when_the_database_is_left_alone(
    admin_client: Any, django_assert_num_queries: Any
) -> None:
    breaker.trip()

    with django_assert_num_queries(0):
        answer = admin_client.get("/errors/health/")

    assert (answer.status_code, answer.json()) == (503, {"status": "failing"})


def test_metrics_are_text_when_the_token_is_given(client: Any) -> None:
    answer = client.get("/errors/metrics/", headers={"Authorization": f"bearer {health_token()}"})

    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert b"errorkit_database_up 1\n" in answer.content


def test_status_prints_the_token_when_asked() -> None:
    output = StringIO()

    call_command("errorkit_status", "--token", stdout=output)

    assert output.getvalue().strip() == health_token()
