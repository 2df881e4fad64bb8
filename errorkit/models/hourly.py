"""How much failed in one hour: by incident, and all of them together."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from errorkit.models.incident import Incident


class HourlyCount(models.Model):
    """How often an incident was seen in one hour; outlives the occurrences."""

    incident = models.ForeignKey(
        Incident,
        models.CASCADE,
        related_name="hourly_counts",
        verbose_name=_("incident"),
    )
    hour = models.DateTimeField(_("hour"))
    count = models.PositiveBigIntegerField(_("count"), default=0)

    class Meta:
        verbose_name = _("hourly count")
        verbose_name_plural = _("hourly counts")
        # What all incidents did in the last hours, and what is too old to keep.
        indexes = [models.Index(fields=["hour"], name="errorkit_hourly_count_hour")]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "hour"], name="errorkit_hourly_count_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}h: {self.count}"


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
