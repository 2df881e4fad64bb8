"""Columns that Django does not know in the way they are needed here."""

from typing import Any

from django.core.checks import CheckMessage
from django.db import models


class StoredField(models.GeneratedField):
    """A column that the database computes and stores; its check asks no database.

    Django's own asks PostgreSQL for its version, so that no command of the host would start while the database is down. Every database that Django supports
    can store generated columns.
    """

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Check everything but what the databases can do."""
        return super().check(**{**kwargs, "databases": []})

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """Be Django's field in migrations."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.GeneratedField", args, kwargs
