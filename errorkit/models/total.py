"""How much failed in one hour, all incidents together."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class HourlyTotal(models.Model):
    """How many failures one hour had, by environment and HTTP status; `status_code` is 0 where there was no request.

    It repeats what the hourly counts of the incidents say, so that an overview of 90 days reads some thousand rows and not some million.
    """

    hour = models.DateTimeField(_("hour"))
    environment = models.CharField(_("environment"), max_length=64)
    status_code = models.PositiveSmallIntegerField(_("HTTP status"), default=0)
    count = models.PositiveBigIntegerField(_("count"), default=0)

    class Meta:
        verbose_name = _("hourly total")
        verbose_name_plural = _("hourly totals")
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "environment", "status_code"], name="errorkit_hourly_total_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}h: {self.count}"
