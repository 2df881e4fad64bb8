"""PostgreSQL of our own."""

import signal
from pathlib import Path
from typing import Any

import psycopg

from tests.servers.base import Server, program


class PostgreSQL(Server):
    """User postgres, no password. What it has acknowledged survives kill9, not a power cut.

    `options` are settings of the server: PostgreSQL(max_connections=20).
    """

    name = "PostgreSQL"
    default_port = 5432
    account = "postgres"
    ending = signal.SIGINT

    def __init__(self, *, port: int = 0, **options: object) -> None:
        self.options = options
        super().__init__(port=port)

    def prepare(self) -> None:
        self._run(
            *(_postgres_program("initdb"), "-D", str(self.folder / "data")),
            *("-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"),
        )

    def command(self) -> list[str]:
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            **self.options,
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        program = _postgres_program("postgres")
        return [program, "-D", str(self.folder / "data"), "-p", str(self.port), *settings]

    def answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def execute(self, statement: str) -> None:
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            autocommit=True,
            connect_timeout=2,
        ) as connection:
            connection.execute(statement.encode())

    def settings(self, name: str = "host") -> dict[str, Any]:
        """Make a database and return its entry for DATABASES."""
        self.execute(f"CREATE DATABASE {name}")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "USER": "postgres",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
        }


def _postgres_program(name: str) -> str:
    """Return the newest: Debian keeps each version's programs in a folder of its own."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    newest = max(folders, key=lambda folder: float(folder.parent.name), default=None)
    return str(newest / name) if newest else program(name)
