"""PgBouncer of our own, in front of PostgreSQL of our own."""

from typing import Any

import psycopg

from tests.servers.base import Server, program
from tests.servers.postgresql import PostgreSQL


class PgBouncer(Server):
    """Transaction mode: two statements of one client may meet two different sessions of the server."""

    name = "PgBouncer"
    default_port = 6432
    account = "postgres"

    def __init__(self, server: PostgreSQL, *, sessions: int = 3) -> None:
        self.server, self.sessions = server, sessions
        super().__init__()

    def prepare(self) -> None:
        (self.folder / "users").write_text('"postgres" ""\n')
        config = self.folder / "config"
        config.write_text(f"""
[databases]
* = host=127.0.0.1 port={self.server.port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir =
auth_type = trust
auth_file = {self.folder / "users"}
pool_mode = transaction
default_pool_size = {self.sessions}
max_client_conn = 200
""")
        for file in self.folder.iterdir():
            file.chmod(0o644)

    def command(self) -> list[str]:
        return [program("pgbouncer"), str(self.folder / "config")]

    def answers(self) -> bool:
        try:
            psycopg.connect(
                host="127.0.0.1",
                port=self.port,
                user="postgres",
                dbname="postgres",
                connect_timeout=2,
            ).close()
        except psycopg.OperationalError:
            return False
        return True

    def settings(self, name: str = "host") -> dict[str, Any]:
        """Make a database and return its entry for DATABASES, as Django's manual says for transaction mode."""
        return self.server.settings(name) | {
            "PORT": str(self.port),
            "DISABLE_SERVER_SIDE_CURSORS": True,
        }
