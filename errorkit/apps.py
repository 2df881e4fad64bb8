"""The app's entry point for Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ErrorkitConfig(AppConfig):
    """Connect the receivers and register the checks; start nothing."""

    name = "errorkit"
    verbose_name = _("Errors")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import what Django and the signals need to know about."""
        from errorkit import checks, receivers

        checks.register()
        receivers.connect()
