"""MariaDB of our own."""

from typing import Any

import pymysql

from tests.databases import install_pymysql
from tests.servers.base import Server, program


class MariaDB(Server):
    """User root, no password."""

    name = "MariaDB"
    default_port = 3306
    account = "mysql"

    def prepare(self) -> None:
        self._run(
            *("mariadb-install-db", "--no-defaults", f"--datadir={self.folder / 'data'}"),
            *("--auth-root-authentication-method=normal", "--skip-test-db"),
        )

    def command(self) -> list[str]:
        return [
            *(program("mariadbd"), "--no-defaults", f"--datadir={self.folder / 'data'}"),
            *("--bind-address=127.0.0.1", f"--port={self.port}", "--skip-log-bin"),
            *(f"--socket={self.folder / 'socket'}", f"--pid-file={self.folder / 'pid'}"),
            *("--character-set-server=utf8mb4", "--innodb-buffer-pool-size=64M"),
        ]

    def answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except pymysql.OperationalError:
            return False
        return True

    def execute(self, statement: str) -> None:
        connection = pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", autocommit=True, connect_timeout=2
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def settings(self, name: str = "host") -> dict[str, Any]:
        """Make a database and return its entry for DATABASES."""
        install_pymysql()
        self.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return {
            "ENGINE": "django.db.backends.mysql",
            "NAME": name,
            "USER": "root",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "OPTIONS": {"charset": "utf8mb4"},
        }
