"""A host's own test suite, with views that fail, runs as if errorkit were not there."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flows.views import URLS, VIEWS
from tests.sites import Site

CASES = """
import os
import threading

from django.db import connection
from django.test import Client, SimpleTestCase, TestCase, TransactionTestCase

from errorkit.models import Incident, Occurrence


def fail(path="/boom/"):
    return Client(raise_request_exception=False).get(path, headers={"accept": "application/json"})


class Shared:
    def test_failing_view_is_seen_and_leaves_nothing(self):
        self.assertEqual(Occurrence.objects.count(), 0)
        self.assertEqual(fail().status_code, 500)
        self.assertEqual(Occurrence.objects.count(), 1)
        self.assertEqual(Incident.objects.get().times_seen, 1)

    test_failing_view_again = test_failing_view_is_seen_and_leaves_nothing

    def test_good_view_runs_no_query(self):
        with self.assertNumQueries(0):
            Client().get("/fine/")

    def test_client_raises(self):
        with self.assertRaisesMessage(RuntimeError, "the view failed"):
            Client().get("/boom/")

    def test_broken_transaction_is_survived(self):
        self.assertEqual(fail("/broken-sql/").status_code, 500)

    def test_no_thread_and_no_file(self):
        fail()
        names = [thread.name for thread in threading.enumerate()]
        self.assertEqual([name for name in names if "errorkit" in name], [])
        self.assertFalse(os.path.exists(os.environ["XDG_STATE_HOME"]))


class InTransaction(Shared, TestCase):
    pass


class WithoutTransaction(Shared, TransactionTestCase):
    pass


class WithoutDatabase(SimpleTestCase):
    def test_failing_view_is_answered(self):
        answer = fail()
        self.assertEqual(answer.status_code, 500)
        self.assertNotIn("reference", answer.json())
"""

PYTEST_CASES = """
import pytest
from errorkit.models import Occurrence


def test_without_database(client):
    client.raise_request_exception = False
    assert client.get("/boom/").status_code == 500


@pytest.mark.django_db
def test_with_database(client):
    client.raise_request_exception = False
    assert client.get("/boom/").status_code == 500
    assert Occurrence.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_with_transactional_database(client):
    client.raise_request_exception = False
    assert client.get("/boom/").status_code == 500
    assert Occurrence.objects.count() == 1
"""


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site(views=VIEWS, urls=URLS, migrate=False)


def run(site: Site, *arguments: str) -> str:
    """Run Python in the site's folder and return all that it printed; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=site.path,
        env=site.env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_djangos_runner_passes_when_views_fail(site: Site) -> None:
    (site.path / "hostsite" / "tests.py").write_text(CASES)

    said = run(site, "manage.py", "test", "--shuffle")

    assert "Ran 13 tests" in said
    assert not (site.path / "state").exists()


def test_pytest_django_passes_when_views_fail(site: Site) -> None:
    Path(site.path / "test_host.py").write_text(PYTEST_CASES)

    said = run(site, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly")

    assert "3 passed" in said
