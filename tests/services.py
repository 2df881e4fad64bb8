"""Which servers and programs are there: asked once per run."""

import functools
import os
import shutil
from dataclasses import dataclass

import pytest

from tests.servers import MariaDB, PostgreSQL, RabbitMQ, Redis, Server, listens


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Something a test needs of the machine, and the Debian package that brings it."""

    name: str
    package: str
    server: type[Server] | None = None

    def available(self) -> bool:
        if self.server:
            return listens(self.server.default_port)
        # Debian puts what is no command for everybody into a folder of its own.
        return (
            shutil.which(self.package, path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None
        )

    def advice(self) -> str:
        start = ", then `python -m tests.servers` beside the tests" if self.server else ""
        return f"{self.name} is not there: `apt-get install {self.package}`{start}"


SERVICES = {
    "needs_postgresql": Service(name="PostgreSQL", package="postgresql", server=PostgreSQL),
    "needs_mariadb": Service(name="MariaDB", package="mariadb-server", server=MariaDB),
    "needs_redis": Service(name="Redis", package="redis-server", server=Redis),
    "needs_rabbitmq": Service(name="RabbitMQ", package="rabbitmq-server", server=RabbitMQ),
    "needs_pgbouncer": Service(name="PgBouncer", package="pgbouncer"),
    "needs_browser": Service(name="Chromium", package="chromium"),
}
# Values of a parameter that names the engine of a site.
EVERY_DATABASE = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.needs_postgresql),
    pytest.param("mariadb", marks=pytest.mark.needs_mariadb),
]


@functools.cache
def missing(marker: str) -> str | None:
    """Return what to tell a person when the service is absent, None when it is there."""
    service = SERVICES[marker]
    return None if service.available() else service.advice()


def required() -> bool:
    """Return whether an absent service is a failure: in CI nothing is skipped."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}
