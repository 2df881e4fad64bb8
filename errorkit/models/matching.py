"""Which incidents a route or a silence is about."""

from fnmatch import fnmatchcase

from django.db import models
from django.utils.translation import gettext_lazy as _

from errorkit.models.incident import Incident


class Level(models.TextChoices):
    """How bad it is, from the least to the most severe."""

    INFO = "info", _("info")
    WARNING = "warning", _("warning")
    ERROR = "error", _("error")
    FATAL = "fatal", _("fatal")


class Matcher(models.Model):
    """Conditions that all have to hold; an empty one always does.

    `environment`, `exception` and `path` are globs: `prod*`, `*Timeout*`, `/shop/*`. The exception is compared with the incident's title, in
    which its type comes first, and with the type alone; case counts. `level` means this level or a more severe one.
    """

    environment = models.CharField(
        _("environment"), max_length=64, blank=True, help_text=_("For example production, or prod*")
    )
    exception = models.CharField(
        _("exception"), max_length=255, blank=True, help_text=_("For example *Timeout*")
    )
    path = models.CharField(
        _("path"), max_length=255, blank=True, help_text=_("For example /shop/*")
    )
    level = models.CharField(_("level at least"), max_length=16, blank=True, choices=Level)
    owner_id = models.CharField(_("owner id"), max_length=64, blank=True)
    owner_label = models.CharField(_("owner"), max_length=150, blank=True)

    class Meta:
        abstract = True

    def covers(self, incident: Incident, path: str = "") -> bool:
        """Return whether it is about the incident; `path` is where the occurrence at hand happened."""
        kind = incident.title.partition(":")[0]
        return (
            _fits(self.environment, incident.environment)
            and (_fits(self.exception, incident.title) or _fits(self.exception, kind))
            and _fits(self.path, path)
            and (not self.level or severity(incident.level) >= severity(self.level))
            and (not self.owner_id or self.owner_id == incident.owner_id)
        )


def severity(level: str) -> int:
    """Return a number that grows with the severity of a level; an unknown one counts as an error."""
    levels = Level.values
    return levels.index(level if level in levels else Level.ERROR)


def _fits(pattern: str, value: str) -> bool:
    return not pattern or fnmatchcase(value, pattern)
