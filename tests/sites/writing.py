"""Write the files of a site."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management import call_command

from tests import databases
from tests.sites import texts
from tests.sites.site import Site


def write_site(
    path: Path,
    *,
    engine: str = "sqlite",
    database: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    settings_text: str = "",
    views: str = texts.VIEWS,
    urls: str = texts.URLS,
    tasks: str | None = None,
    middleware: Sequence[str] | None = None,
    errorkit: bool = True,
    migrate: bool = True,
) -> Site:
    """Write a `startproject` site named hostsite into an empty folder.

    engine         sqlite, postgresql or mariadb: a database is made for it
    database       instead: an entry for DATABASES that exists already (tests.servers)
    settings       replaces settings by name; values by repr (paths, dates and plain values)
    settings_text  Python appended last, for what a value cannot say
    views, urls    text of views.py; lines of urlpatterns that may use `views` and `include`
    tasks          text of tasks.py; not None makes celery.py and loads it, as Celery's manual says
    middleware     replaces MIDDLEWARE whole; None is Django's own with errorkit's after security
    errorkit       False leaves a bare Django site, for comparing with
    """
    path.mkdir(parents=True, exist_ok=True)
    call_command("startproject", "hostsite", str(path))
    package = path / "hostsite"
    made = databases.adopt(database) if database else databases.create(engine, path / "db.sqlite3")
    with (package / "settings.py").open("a") as file:
        file.write(texts.SETTINGS)
        file.write(_database_text(made.settings))
        file.write(texts.INSTALL if errorkit else "")
        file.write(f"MIDDLEWARE = {list(middleware)!r}\n" if middleware is not None else "")
        file.writelines(f"{name} = {value!r}\n" for name, value in (settings or {}).items())
        file.write(settings_text)
    (package / "views.py").write_text(views)
    (package / "urls.py").write_text(texts.URLCONF.format(urls=urls))
    if tasks is not None:
        (package / "tasks.py").write_text(tasks)
        (package / "celery.py").write_text(texts.CELERY)
        (package / "__init__.py").write_text("from hostsite.celery import app as celery_app\n")
    site = Site(path=path, database=made)
    if migrate:
        site.manage("migrate", "--verbosity=0")
    return site


def _database_text(entry: Mapping[str, Any]) -> str:
    text = f"DATABASES = {{'default': {entry!r}}}\n"
    if entry["ENGINE"].endswith("mysql"):
        text += "from tests.databases import install_pymysql\ninstall_pymysql()\n"
    return text
