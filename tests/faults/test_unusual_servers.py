"""gevent and uWSGI: what errorkit's background thread does there, and who does its work where it cannot."""

from collections.abc import Callable

import pytest

from tests.faults.load import all_found, load
from tests.processes import wait_until
from tests.sites import Site
from tests.sites.site import Server

VIEWS = """
from django.contrib.auth.models import User


def plain(request):
    raise RuntimeError("the view failed")


def reading(request):
    User.objects.count()
    raise RuntimeError("the view failed after reading")
"""
URLS = 'path("plain/", views.plain), path("reading/", views.reading),'
UNLIMITED = {"PER_FINGERPRINT": 1e9, "BURST": 10**9, "PER_PROCESS": 1e9}
# What uWSGI tells an application when --enable-threads is missing; the wheel always has it on.
WITHOUT_THREADS = """
try:
    import uwsgi
    uwsgi.has_threads = 0
except ImportError:
    pass
"""


@pytest.mark.needs_postgresql
@pytest.mark.parametrize("server", ["gevent", "uwsgi"])
def test_every_reference_is_found_under(server: Server, make_site: Callable[..., Site]) -> None:
    site = make_site(
        engine="postgresql",
        views=VIEWS,
        urls=URLS,
        settings={"CONN_MAX_AGE": 60, "ERRORKIT": {"LIMITS": UNLIMITED}},
    )
    site.start(server, workers=2, threads=4)

    with load(site.url, "/plain/", "/reading/") as ledger:
        wait_until(lambda: ledger.answers > 300, 120)

    assert ledger.mostly_shown
    all_found(site, ledger)


def test_the_sweep_finds_every_reference_under_uwsgi_without_threads(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(
        views=VIEWS,
        urls=URLS,
        settings={"ERRORKIT": {"LIMITS": UNLIMITED}},
        settings_text=WITHOUT_THREADS,
    )
    site.start("uwsgi", workers=2, threads=1)

    with load(site.url, "/plain/", clients=2) as ledger:
        wait_until(lambda: ledger.answers > 50, 60)
    assert ledger.mostly_shown
    assert site.evaluate("Occurrence.objects.count()") == 0, "no thread has drained"

    site.manage("errorkit_deliver")
    all_found(site, ledger)
