"""Whatever the host does with its transactions, a failure is kept and the host's work is its own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from errorkit.models import Occurrence
from errorkit.testing import live
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def write_and_fail(request: HttpRequest) -> HttpResponse:
    User.objects.create(username="of the view")
    raise RuntimeError("the view failed")


def break_the_transaction(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        User.objects.create(username="same")
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT * FROM no_such_table")
        except DatabaseError:
            pass
        raise RuntimeError("after the database did")


def leave_autocommit_off(request: HttpRequest) -> HttpResponse:
    transaction.set_autocommit(False)
    try:
        User.objects.create(username="of the view")
        raise RuntimeError("the view failed")
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)


urlpatterns = [
    path("write-and-fail/", write_and_fail),
    path("break/", break_the_transaction),
    path("no-autocommit/", leave_autocommit_off),
]


def outer_atomic(get_response: Callable[[HttpRequest], HttpResponse]) -> Any:
    """Wrap every request in a transaction, as some projects do, and write in it afterwards."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            response = get_response(request)
            User.objects.create(username="of the middleware")
            return response

    return middleware


@pytest.fixture(autouse=True)
def production(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.ROOT_URLCONF = __name__
    settings.ERRORKIT = {"SPOOL_DIR": tmp_path / "state"}
    with live():
        yield


def get(path: str) -> str:
    """Ask for a failing page and return the reference it shows."""
    client = Client(raise_request_exception=False, headers={"Accept": "application/json"})
    answer = client.get(path)
    assert answer.status_code == 500
    return str(answer.json()["reference"])


def found(reference: str) -> bool:
    """Wait until the background thread has taken it out of the spool."""
    return wait_until(lambda: Occurrence.objects.filter(reference=reference).exists())


MIDDLEWARE = ["errorkit.middleware.ErrorkitMiddleware"]


@override_settings(MIDDLEWARE=MIDDLEWARE)
@pytest.mark.parametrize("url", ["/write-and-fail/", "/break/", "/no-autocommit/"])
def test_reference_is_found_when_the_view_left_a_transaction_behind(url: str) -> None:
    assert found(get(url))
    assert not connection.in_atomic_block


@override_settings(MIDDLEWARE=MIDDLEWARE)
def test_hosts_writes_are_rolled_back_when_requests_are_atomic() -> None:
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    try:
        reference = get("/write-and-fail/")
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False

    assert found(reference)
    assert not User.objects.exists()


@pytest.mark.trap("T8")
@pytest.mark.parametrize("inside", [True, False])
def test_reference_is_found_when_an_outer_middleware_holds_a_transaction(inside: bool) -> None:
    chain = [f"{__name__}.outer_atomic", *MIDDLEWARE]
    with override_settings(MIDDLEWARE=chain if inside else chain[::-1]):
        reference = get("/write-and-fail/")

    assert found(reference)
    assert User.objects.filter(username="of the middleware").exists()
