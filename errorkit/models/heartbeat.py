"""Signs of life, and the row that lets one process digest at a time."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """When something last ran. Names: `sweep`, `digest`, `prune`, `regroup`, and `spool:<host>`."""

    name = models.CharField(_("name"), max_length=64, primary_key=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    host = models.CharField(_("host"), max_length=128, blank=True)
    data = models.JSONField(_("data"), default=dict, blank=True)

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name
