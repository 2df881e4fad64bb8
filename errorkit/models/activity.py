"""What happened to an incident, and who did it."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from errorkit.models.incident import Incident


class Activity(models.Model):
    """One change of an incident. `actor_id` is empty where errorkit itself acted; `incident` is null where it has been deleted."""

    class Kind(models.TextChoices):
        """What was done."""

        OPENED = "opened", _("opened")
        REGRESSED = "regressed", _("regressed")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        RESOLVED = "resolved", _("resolved")
        IGNORED = "ignored", _("ignored")
        REOPENED = "reopened", _("reopened")
        COMMENTED = "commented", _("commented")
        REDELIVERED = "redelivered", _("delivery retried")
        ASSIGNED = "assigned", _("assigned")
        SNOOZED = "snoozed", _("snoozed")
        MERGED = "merged", _("merged")
        SPLIT = "split", _("split")
        REGROUPED = "regrouped", _("regrouped")
        ERASED = "erased", _("person erased")
        WOKE = "woke", _("woke up")
        DELETED = "deleted", _("deleted")

    incident = models.ForeignKey(
        Incident,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name=_("incident"),
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    at = models.DateTimeField(_("at"), default=timezone.now)
    actor_id = models.CharField(_("user id"), max_length=64, blank=True)
    actor_label = models.CharField(_("user"), max_length=150, blank=True)
    text = models.TextField(_("text"), blank=True)
    occurrence_id = models.UUIDField(_("occurrence"), null=True, blank=True)
    data = models.JSONField(_("data"), default=dict, blank=True)

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        indexes = [
            models.Index(fields=["incident", "-id"], name="errorkit_activity_incident"),
            models.Index(fields=["kind", "-at"], name="errorkit_activity_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
