"""A router for a site that gives errorkit a database of its own."""

from typing import Any

from errorkit.conf import get_config

APP = "errorkit"


class ErrorkitRouter:
    """Send errorkit's models to the alias in ERRORKIT["DATABASE"]; has no opinion on anything else."""

    def db_for_read(self, model: Any, **_: Any) -> str | None:
        """Return the alias to read from."""
        return get_config().database if model._meta.app_label == APP else None

    def db_for_write(self, model: Any, **_: Any) -> str | None:
        """Return the alias to write to."""
        return self.db_for_read(model)

    def allow_relation(self, one: Any, other: Any, **_: Any) -> bool | None:
        """Allow relations among errorkit's models, which all live together."""
        return True if one._meta.app_label == other._meta.app_label == APP else None

    def allow_migrate(self, db: str, app_label: str, **_: Any) -> bool | None:
        """Create errorkit's tables there and nowhere else."""
        return db == get_config().database if app_label == APP else None
