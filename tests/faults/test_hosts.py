"""Whatever a host puts between itself and its data, a failure is recorded, digested and found."""

from collections.abc import Callable

import pytest

from tests.faults.load import all_found, load
from tests.processes import wait_until
from tests.servers import PgBouncer, PostgreSQL
from tests.sites import Site

VIEWS = """
from django.contrib.auth.models import User
from django.db import transaction


def plain(request):
    raise RuntimeError("the view failed")


def reading(request):
    User.objects.count()
    raise RuntimeError("the view failed after reading")


def writing(request):
    with transaction.atomic():
        User.objects.create(username=request.request_id)
        raise RuntimeError("the view failed after writing")
"""
URLS = """
path("plain/", views.plain),
path("reading/", views.reading),
path("writing/", views.writing),
"""
PATHS = ("/plain/", "/reading/", "/writing/")
UNLIMITED = {"PER_FINGERPRINT": 1e9, "BURST": 10**9, "PER_PROCESS": 1e9}


def fail_and_find(site: Site, failures: int = 300) -> None:
    """Let it fail in all ways at once: as many references as answers, and all found."""
    with load(site.url, *PATHS) as ledger:
        wait_until(lambda: ledger.answers > failures, 120)
    assert ledger.mostly_shown
    all_found(site, ledger)
    assert site.evaluate("Incident.objects.count()") == len(PATHS)
    assert "prepared statement" not in site.output(), site.output()[-3000:]


@pytest.mark.needs_postgresql
@pytest.mark.needs_pgbouncer
def test_references_are_found_behind_pgbouncer_in_transaction_mode(
    make_site: Callable[..., Site],
) -> None:
    with PostgreSQL() as server, PgBouncer(server) as pgbouncer:
        site = make_site(
            database=pgbouncer.settings() | {"CONN_MAX_AGE": 60},
            views=VIEWS,
            urls=URLS,
            settings={"LOGGING_CONFIG": None, "ERRORKIT": {"LIMITS": UNLIMITED}},
        )
        site.start("gthread", workers=2, threads=8)

        fail_and_find(site)
        site.manage("errorkit_deliver")
        site.manage("errorkit_prune")
        site.close()


@pytest.mark.parametrize(
    "engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs_postgresql)]
)
def test_references_are_found_when_the_host_has_no_time_zones(
    make_site: Callable[..., Site], engine: str
) -> None:
    site = make_site(
        engine=engine,
        views=VIEWS,
        urls=URLS,
        settings={
            "LOGGING_CONFIG": None,
            "USE_TZ": False,
            "TIME_ZONE": "Asia/Tokyo",
            "ERRORKIT": {"LIMITS": UNLIMITED},
        },
        settings_text=(
            "\nif 'sqlite' in DATABASES['default']['ENGINE']:\n"
            "    DATABASES['default']['OPTIONS'] = {'init_command': 'PRAGMA journal_mode = WAL;'}\n"
        ),
    )
    site.start("gthread", workers=2, threads=4)

    fail_and_find(site)
    site.manage("errorkit_deliver")
    site.manage("errorkit_prune")
    site.manage("errorkit_status")
    at = site.evaluate(
        "abs((Incident.objects.latest('id').last_seen - __import__('datetime').datetime.now()).total_seconds())"
    )
    assert at < 600, "in the host's local time"
    assert site.evaluate("sum(HourlyCount.objects.values_list('count', flat=True))") == (
        site.evaluate("Occurrence.objects.count()")
    )


@pytest.mark.needs_postgresql
def test_references_are_found_when_errorkit_has_a_server_of_its_own(
    make_site: Callable[..., Site],
) -> None:
    with PostgreSQL() as server:
        entry = server.settings()
        site = make_site(
            engine="postgresql",
            views=VIEWS,
            urls=URLS,
            settings={
                "LOGGING_CONFIG": None,
                "DATABASE_ROUTERS": ["errorkit.routers.ErrorkitRouter"],
                "ERRORKIT": {"DATABASE": "failures", "LIMITS": UNLIMITED},
            },
            settings_text=f"\nDATABASES['failures'] = {entry!r}\n",
        )
        site.manage("migrate", "--database=failures", "--verbosity=0")
        site.start("gthread", workers=2, threads=4)

        fail_and_find(site)
        tables = "__import__('django.db').db.connections[{!r}].introspection.table_names()"
        assert "errorkit_occurrence" not in site.evaluate(tables.format("default"))
        assert "errorkit_occurrence" in site.evaluate(tables.format("failures"))

        server.stop()
        with load(site.url, *PATHS) as ledger:
            wait_until(lambda: ledger.answers > 100, 60)
        server.start()
        assert ledger.mostly_shown
        all_found(site, ledger)
        site.close()
