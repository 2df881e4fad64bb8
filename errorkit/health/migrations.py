"""Have errorkit's migrations been run?"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

APP = "errorkit"


def pending_migrations(alias: str) -> list[str]:
    """Return the names of those that the database lacks, with one small query; raises what the database raises."""
    recorder = MigrationRecorder(connections[alias])
    applied = recorder.migration_qs.filter(app=APP).values_list("name", flat=True)
    known = set(applied) if recorder.has_table() else set()
    return [name for name in _shipped() if name not in known]


@cache
def _shipped() -> list[str]:
    """Return the names of the migrations in the order of their numbers; none where the site does without."""
    path, _ = MigrationLoader.migrations_module(APP)
    if path is None:
        return []
    return sorted(module.name for module in iter_modules(import_module(path).__path__))
