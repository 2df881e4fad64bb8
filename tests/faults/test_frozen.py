"""A server freezes in the middle of a transaction: what was under way ends in time, the driver's own reconnecting included."""

import time
from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError, connections, transaction

from errorkit.storage.bounded import CONNECT_SECONDS, bounded
from tests.servers import MariaDB, PostgreSQL

ALIAS = "frozen"
SECONDS = 1.0
MARGIN = 5.0  # for a busy machine; without a bound the drivers wait for minutes or for ever


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(PostgreSQL, marks=pytest.mark.needs_postgresql),
        pytest.param(MariaDB, marks=pytest.mark.needs_mariadb),
    ],
)
def test_block_ends_in_time_when_the_server_freezes_inside_a_transaction(
    kind: Any, django_db_blocker: Any
) -> None:
    with kind() as server, django_db_blocker.unblock():
        connections.databases[ALIAS] = {
            **connections["default"].settings_dict,
            **server.settings("frozen"),
        }
        connection = connections[ALIAS]
        try:
            started = time.monotonic()
            with (
                pytest.raises((DatabaseError, InterfaceError)),
                bounded(ALIAS, SECONDS),
                transaction.atomic(using=ALIAS),
                connection.cursor() as cursor,
            ):
                cursor.execute("SELECT 1")
                server.freeze()
                cursor.execute("SELECT 1")
            took = time.monotonic() - started
        finally:
            server.thaw()
            connection.close()
            del connections[ALIAS], connections.databases[ALIAS]

    assert took < SECONDS + CONNECT_SECONDS + MARGIN
