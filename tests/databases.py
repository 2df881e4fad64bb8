"""How the suite, and the sites it starts, reach the three databases."""

import os
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHOSEN = os.environ.get("ERRORKIT_TEST_DATABASE", "sqlite")
# Runs side by side on one machine must not share databases, nor must the workers of one run; child processes inherit the name.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
TEST_NAME = os.environ.get("ERRORKIT_TEST_NAME", f"run{os.getpid()}")
if WORKER and not TEST_NAME.endswith(f"_{WORKER}"):
    TEST_NAME = f"{TEST_NAME}_{WORKER}"
os.environ["ERRORKIT_TEST_NAME"] = TEST_NAME
ENGINES = ("sqlite", "postgresql", "mariadb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database made for one test: its engine, its entry for DATABASES, its end."""

    engine: str
    settings: dict[str, Any]

    def drop(self) -> None:
        """Drop it, whoever is still connected; a SQLite file goes with its folder."""
        if self.engine not in {"postgresql", "mariadb"}:
            return
        force = " WITH (FORCE)" if self.engine == "postgresql" else ""
        execute(self.engine, f"DROP DATABASE IF EXISTS {self.settings['NAME']}{force}")


def adopt(entry: Mapping[str, Any]) -> Database:
    """Return a database that somebody else has made and will drop."""
    return Database(engine="adopted", settings=dict(entry))


def create(engine: str, sqlite_file: Path) -> Database:
    """Create an empty database with a name of its own."""
    name = f"{TEST_NAME}_{uuid.uuid4().hex[:12]}"
    settings = settings_for(engine, name=name, sqlite_file=sqlite_file)
    if engine != "sqlite":
        charset = " CHARACTER SET utf8mb4" if engine == "mariadb" else ""
        execute(engine, f"CREATE DATABASE {settings['NAME']}{charset}")
    settings.pop("TEST", None)
    return Database(engine=engine, settings=settings)


def settings_for(engine: str, *, name: str, sqlite_file: Path) -> dict[str, Any]:
    """Return the DATABASES entry for sqlite, postgresql or mariadb.

    `name` ends the name of a database on a server; Django's test runner puts `test_` before it.
    """
    if engine == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(sqlite_file),
            "TEST": {"NAME": str(sqlite_file)},
        }
    if engine == "postgresql":
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": f"errorkit_{name}",
            "USER": "postgres",
            "HOST": "127.0.0.1",
            "PORT": "5432",
        }
    if engine == "mariadb":
        install_pymysql()
        return {
            "ENGINE": "django.db.backends.mysql",
            "NAME": f"errorkit_{name}",
            "USER": "root",
            "HOST": "127.0.0.1",
            "PORT": "3306",
            "OPTIONS": {"charset": "utf8mb4"},
            "TEST": {"CHARSET": "utf8mb4"},
        }
    raise ValueError(f"unknown database {engine!r}: one of {', '.join(ENGINES)}")


def install_pymysql() -> None:
    """Let Django's MySQL backend use PyMySQL, which installs without a compiler.

    Django refuses a MySQLdb older than 2.2.1; PyMySQL's number counts something else, so the check
    is answered with a version that satisfies it.
    """
    if "MySQLdb" in sys.modules:
        return
    import pymysql

    pymysql.version_info = (2, 2, 7, "final", 0)
    pymysql.install_as_MySQLdb()


def execute(engine: str, statement: str) -> None:
    """Run one statement on the server, outside any database of the tests."""
    with _connection(engine) as connection, connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def _connection(engine: str) -> Iterator[Any]:
    connection: Any
    if engine == "postgresql":
        import psycopg

        connection = psycopg.connect(
            host="127.0.0.1", user="postgres", dbname="postgres", autocommit=True
        )
    else:
        import pymysql

        connection = pymysql.connect(host="127.0.0.1", user="root", autocommit=True)
    try:
        yield connection
    finally:
        connection.close()
