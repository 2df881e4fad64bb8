"""Under ASGI nothing that errorkit opens is left open in a thread that nobody owns."""

from collections.abc import Callable

import pytest

from tests.faults.load import all_found, load
from tests.processes import wait_until
from tests.sites import Site

OPEN = (
    "__import__('django.db').db.connection.cursor().execute("
    "'SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid()').rowcount"
)


@pytest.mark.needs_postgresql
def test_no_connection_is_left_open_when_async_views_fail(make_site: Callable[..., Site]) -> None:
    site = make_site(engine="postgresql", settings={"CONN_MAX_AGE": 60})
    site.start("uvicorn")

    with load(site.url, "/async-boom/", "/boom/", clients=40) as ledger:
        wait_until(lambda: ledger.answers > 400, 60)

    assert ledger.without == 0
    all_found(site, ledger)
    wait_until(lambda: site.evaluate(OPEN) == 0, what="no connection")
