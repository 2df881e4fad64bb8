"""An incident's way through its policy."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from errorkit.models.incident import Incident
from errorkit.models.silence import Silence


class AlertQuerySet(models.QuerySet["Alert"]):
    """Questions about alerts."""

    def running(self) -> "AlertQuerySet":
        """Return those that go on until somebody acts."""
        return self.filter(status=Alert.Status.RUNNING)

    def due(self, now: datetime) -> "AlertQuerySet":
        """Return those whose next step may run: the incident is as open as it was, not snoozed, not silenced."""
        awake = Q(incident__snoozed_until=None) | Q(incident__snoozed_until__lte=now)
        heard = Q(silence=None) | Q(silence__ends_at__lte=now)
        return self.running().filter(
            awake,
            heard,
            next_step_at__lte=now,
            incident__status=Incident.Status.OPEN,
            incident__generation=F("generation"),
        )

    def start_over(self, now: datetime, **changes: Any) -> int:
        """Begin with the first step again, in a new round; return how many do."""
        return self.update(
            status=Alert.Status.RUNNING,
            cycle=F("cycle") + 1,
            step=0,
            repeats=0,
            next_step_at=now,
            silence=None,
            acknowledged_until=None,
            **changes,
        )

    def ready_to_surge(self, before: datetime) -> "AlertQuerySet":
        """Return those under a policy that go on, or went quiet, and have not surged since `before`."""
        return self.filter(
            Q(surged_at=None) | Q(surged_at__lte=before),
            status__in=[Alert.Status.RUNNING, Alert.Status.QUIET],
        ).exclude(policy="")

    def newly_acknowledged(self) -> "AlertQuerySet":
        """Return those whose incident has been acknowledged, by whatever way, without their notice."""
        return self.filter(
            status__in=[Alert.Status.RUNNING, Alert.Status.QUIET],
            incident__status=Incident.Status.ACKNOWLEDGED,
            incident__generation=F("generation"),
        )

    def lapsed(self, now: datetime) -> "AlertQuerySet":
        """Return those whose acknowledgement does not hold any more."""
        return self.filter(
            Q(acknowledged_until__lte=now) | Q(incident__status=Incident.Status.OPEN),
            status=Alert.Status.ACKNOWLEDGED,
            incident__status__in=[Incident.Status.ACKNOWLEDGED, Incident.Status.OPEN],
            incident__generation=F("generation"),
        )

    def outdated(self) -> "AlertQuerySet":
        """Return those whose incident somebody has dealt with, or which has opened again since."""
        over = Q(incident__status__in=[Incident.Status.RESOLVED, Incident.Status.IGNORED])
        return self.exclude(status=Alert.Status.CLOSED).filter(
            over | ~Q(incident__generation=F("generation"))
        )


class Alert(models.Model):
    """One opening of an incident on its way through a policy, until somebody acts.

    `policy` is empty where no route has chosen one. `plan` is the policy as it was at the first alert, so that editing it changes nothing that runs. `step` is the next one to run at
    `next_step_at`, in round `cycle`, which only ever grows; `repeats` rounds have run since the alert last started over. `told_count` is how
    often the incident had been seen when somebody was last told.
    """

    class Status(models.TextChoices):
        """Where the alert stands."""

        RUNNING = "running", _("alerting")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        QUIET = "quiet", _("quiet")
        CLOSED = "closed", _("closed")

    incident = models.ForeignKey(
        Incident, models.CASCADE, related_name="alerts", verbose_name=_("incident")
    )
    generation = models.PositiveIntegerField(_("generation"), default=1)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.RUNNING)
    transition = models.CharField(_("transition"), max_length=16)
    occurrence_id = models.UUIDField(_("occurrence"), null=True, blank=True)
    path = models.CharField(_("path"), max_length=512, blank=True)
    policy = models.CharField(_("policy"), max_length=100, blank=True)
    plan = models.JSONField(_("plan"), default=dict)
    cycle = models.PositiveIntegerField(_("round"), default=1)
    step = models.PositiveSmallIntegerField(_("next step"), default=0)
    repeats = models.PositiveSmallIntegerField(_("repeats"), default=0)
    next_step_at = models.DateTimeField(_("next step at"), null=True, blank=True)
    silence = models.ForeignKey(
        Silence,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("silence"),
    )
    acknowledged_until = models.DateTimeField(_("acknowledged until"), null=True, blank=True)
    told_at = models.DateTimeField(_("last told at"), null=True, blank=True)
    told_count = models.PositiveBigIntegerField(_("times seen when told"), default=0)
    surged_at = models.DateTimeField(_("surged at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        indexes = [models.Index(fields=["status", "next_step_at"], name="errorkit_alert_due")]
        constraints = [
            models.UniqueConstraint(fields=["incident", "generation"], name="errorkit_alert_unique")
        ]

    def __str__(self) -> str:
        return f"{self.incident_id}.{self.generation}"
