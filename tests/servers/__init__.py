"""Servers of our own: in a temporary folder, on a port of their own, to be killed and frozen at will.

    with PostgreSQL() as server:
        database = server.settings("host")
        server.freeze()

As a program it gives a machine the servers it lacks, on their usual ports, until it is ended:

    python -m tests.servers
"""

from tests.servers.base import Server, free_port, listens
from tests.servers.mariadb import MariaDB
from tests.servers.pgbouncer import PgBouncer
from tests.servers.postgresql import PostgreSQL
from tests.servers.rabbitmq import RabbitMQ
from tests.servers.redis import Redis

EVERY_SERVER: tuple[type[Server], ...] = (PostgreSQL, MariaDB, Redis, RabbitMQ)

__all__ = [
    "EVERY_SERVER",
    "MariaDB",
    "PgBouncer",
    "PostgreSQL",
    "RabbitMQ",
    "Redis",
    "Server",
    "free_port",
    "listens",
]
