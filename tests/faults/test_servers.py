"""Servers of our own come up, keep what they should, and go away."""

import psycopg
import pytest

from tests import processes, servers

KEEPING = [
    pytest.param(servers.PostgreSQL, marks=pytest.mark.needs_postgresql),
    pytest.param(servers.MariaDB, marks=pytest.mark.needs_mariadb),
]
BROKERS = [
    pytest.param(servers.Redis, marks=pytest.mark.needs_redis),
    pytest.param(servers.RabbitMQ, marks=pytest.mark.needs_rabbitmq),
]


@pytest.mark.parametrize("kind", KEEPING)
def test_site_finds_its_rows_when_the_database_was_killed(make_site, kind) -> None:
    with kind() as server:
        site = make_site(database=server.settings(), errorkit=False)
        users = "from django.contrib.auth.models import User\n"
        site.execute(f"{users}User.objects.create_user('ada')")
        server.kill9()
        server.start()

        assert site.execute(f"{users}print(User.objects.count())") == "1\n"


@pytest.mark.needs_postgresql
def test_database_answers_nobody_until_thawed() -> None:
    with servers.PostgreSQL() as server:
        server.freeze()
        with pytest.raises(psycopg.OperationalError):
            server.execute("SELECT 1")

        server.thaw()

        server.execute("SELECT 1")


@pytest.mark.parametrize("kind", BROKERS)
def test_broker_is_gone_with_its_folder_when_closed(kind) -> None:
    with kind() as server:
        assert servers.listens(server.port)
        family = server.process.descendants()

    assert not servers.listens(server.port)
    assert not server.folder.exists()
    processes.wait_until(lambda: not any(member.is_running() for member in family))
