"""Markers of what was put into operation when."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Deploy(models.Model):
    """One release put into operation in one environment."""

    release = models.CharField(_("release"), max_length=128)
    environment = models.CharField(_("environment"), max_length=64)
    at = models.DateTimeField(_("at"), default=timezone.now)
    actor_id = models.CharField(_("user id"), max_length=64, blank=True)
    actor_label = models.CharField(_("user"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("deploy")
        verbose_name_plural = _("deploys")
        indexes = [models.Index(fields=["environment", "-at"], name="errorkit_deploy_environment")]

    def __str__(self) -> str:
        return f"{self.release} {self.environment}"
