"""A host's own test suite with failing views: nothing leaks, nothing starts, nothing is left."""

from collections.abc import Callable

import pytest

from tests.sites import Site

TESTS = """
import threading

from django.contrib.auth.models import User
from django.test import Client, SimpleTestCase, TestCase, TransactionTestCase

from errorkit.models import Incident, Occurrence
from errorkit.testing import captured


class Quiet:
    def ask(self):
        client = Client(raise_request_exception=False)
        answer = client.get("/boom/", headers={"Accept": "application/json"})
        self.assertEqual(answer.status_code, 500)
        self.assertEqual(
            [each.name for each in threading.enumerate() if "errorkit" in each.name], []
        )
        return answer.json()


class WithoutDatabase(Quiet, SimpleTestCase):
    def test_answer(self):
        self.assertNotIn("reference", self.ask())

    def test_exception_is_raised(self):
        with self.assertRaisesMessage(RuntimeError, "the view failed"):
            self.client.get("/boom/")

    def test_report_is_seen(self):
        with captured() as reports:
            self.ask()
        self.assertEqual(len(reports), 1)


class Wrapped(Quiet, TestCase):
    def test_one(self):
        self.assertEqual(Occurrence.objects.count(), 0)
        reference = self.ask()["reference"]
        self.assertEqual(Occurrence.objects.get().reference, reference)
        self.assertEqual(Incident.objects.get().times_seen, 1)

    test_two = test_one

    def test_work_of_the_test_stays(self):
        User.objects.create(username="ada")
        self.ask()
        self.assertEqual(User.objects.count(), 1)

    def test_queries_of_a_good_view(self):
        with self.assertNumQueries(0):
            self.client.get("/fine/")


class Bare(Quiet, TransactionTestCase):
    def test_one(self):
        self.assertEqual(Occurrence.objects.count(), 0)
        self.ask()
        self.assertEqual(Incident.objects.get().times_seen, 1)

    test_two = test_one


class Async(TestCase):
    async def test_answer(self):
        self.async_client.raise_request_exception = False
        answer = await self.async_client.get("/async-boom/")
        self.assertEqual(answer.status_code, 500)
"""

PYTEST = """
import pytest
from errorkit.models import Occurrence


def test_without_database(client):
    client.raise_request_exception = False
    assert client.get("/boom/").status_code == 500


@pytest.mark.django_db
def test_with_database(client):
    client.raise_request_exception = False
    client.get("/boom/")
    assert Occurrence.objects.count() == 1


@pytest.mark.django_db
def test_nothing_leaked():
    assert Occurrence.objects.count() == 0
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs_postgresql)])
def site(request: pytest.FixtureRequest, make_site: Callable[..., Site]) -> Site:
    site = make_site(engine=request.param, migrate=False)
    (site.path / "hostsite" / "tests.py").write_text(TESTS)
    (site.path / "test_with_pytest.py").write_text(PYTEST)
    return site


def test_django_runner_is_undisturbed_when_views_fail(site: Site) -> None:
    site.manage("test", "hostsite", "--shuffle")

    assert not (site.path / "state").exists()


def test_pytest_is_undisturbed_when_views_fail(site: Site) -> None:
    site._run(["-m", "pytest", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir=.", "."])

    assert not (site.path / "state").exists()
