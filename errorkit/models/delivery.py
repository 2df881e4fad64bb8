"""The outbox: what is owed to which channel, and each try."""

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from errorkit.models.incident import Incident


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Questions about deliveries."""

    def due(self, now: datetime) -> "DeliveryQuerySet":
        """Return those that a worker may claim; what a dead worker held is pending again once its lease is released."""
        return self.filter(status=Delivery.Status.PENDING, next_attempt_at__lte=now)

    def unfinished(self) -> "DeliveryQuerySet":
        """Return those that still have to leave."""
        return self.filter(
            status__in=[Delivery.Status.HELD, Delivery.Status.PENDING, Delivery.Status.SENDING]
        )


class Delivery(models.Model):
    """One thing owed to one channel. The row is the queue.

    `key` is unique, so that owing twice changes nothing. `occurrence_id` is no foreign key: a delivery outlives its occurrence.
    """

    class Status(models.TextChoices):
        """Where the delivery stands; the last five are final. What is held leaves in a digest."""

        HELD = "held", _("held for a digest")
        PENDING = "pending", _("pending")
        SENDING = "sending", _("sending")
        ACCEPTED = "accepted", _("accepted")
        SKIPPED = "skipped", _("skipped")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired")
        DEAD = "dead", _("dead")

    class Purpose(models.TextChoices):
        """Why it is owed."""

        FORWARD = "forward", _("forward")
        ALERT = "alert", _("alert")
        FOLLOW_UP = "follow_up", _("follow-up")
        TEST = "test", _("test")
        NOTICE = "notice", _("notice")

    key = models.CharField(_("key"), max_length=191, unique=True)
    channel = models.CharField(_("channel"), max_length=64)
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose)
    incident = models.ForeignKey(
        Incident,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="deliveries",
        verbose_name=_("incident"),
    )
    occurrence_id = models.UUIDField(_("occurrence"), null=True, blank=True)
    # Who it is for, where the channel alone does not say so; `address` is theirs on that channel.
    recipient_id = models.CharField(_("recipient id"), max_length=64, blank=True)
    recipient_label = models.CharField(_("recipient"), max_length=150, blank=True)
    address = models.CharField(_("address"), max_length=254, blank=True)
    # The words of what is about no single incident, as channels.base.Notice has them.
    notice = models.JSONField(_("notice"), default=dict, blank=True)
    digest = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="bundled",
        verbose_name=_("sent in"),
    )
    transition = models.CharField(_("transition"), max_length=16, blank=True)
    generation = models.PositiveIntegerField(_("generation"), default=1)
    # Which step of which round of its alert it is; empty for what is no step.
    cycle = models.PositiveIntegerField(_("round"), null=True, blank=True)
    step = models.PositiveSmallIntegerField(_("step"), null=True, blank=True)
    light_before = models.PositiveIntegerField(_("light occurrences before"), default=0)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.PENDING)
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    max_attempts = models.PositiveSmallIntegerField(_("attempts at most"), default=40)
    # How many workers did not return from it.
    lost = models.PositiveSmallIntegerField(_("workers lost"), default=0)
    rate_limit_hits = models.PositiveIntegerField(_("rate limited"), default=0)
    trim = models.PositiveSmallIntegerField(_("trim level"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), default=timezone.now)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    lease_token = models.UUIDField(_("lease token"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"))
    upstream_id = models.CharField(_("upstream id"), max_length=191, blank=True)
    upstream_url = models.CharField(_("upstream link"), max_length=500, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(fields=["status", "next_attempt_at"], name="errorkit_delivery_due"),
            models.Index(fields=["occurrence_id"], name="errorkit_delivery_occurrence"),
            models.Index(fields=["recipient_id", "created_at"], name="errorkit_delivery_recipient"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def is_digest(self) -> bool:
        """Return whether it carries what was held: its notice is written when it leaves."""
        return "storm" in self.notice


class DeliveryAttempt(models.Model):
    """One try at a delivery, written when the try ends."""

    delivery = models.ForeignKey(
        Delivery, models.CASCADE, related_name="tries", verbose_name=_("delivery")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    started_at = models.DateTimeField(_("started at"))
    ended_at = models.DateTimeField(_("ended at"))
    outcome = models.CharField(_("outcome"), max_length=16)
    status_code = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    detail = models.CharField(_("detail"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("delivery attempt")
        verbose_name_plural = _("delivery attempts")

    def __str__(self) -> str:
        return f"{self.number}: {self.outcome}"


class ChannelState(models.Model):
    """What all workers must know about a channel: parked until when, failing how often, how slow."""

    alias = models.CharField(_("channel"), max_length=64, primary_key=True)
    parked_until = models.DateTimeField(_("parked until"), null=True, blank=True)
    consecutive_failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    last_accepted_at = models.DateTimeField(_("last accepted at"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    last_seconds = models.FloatField(_("last duration in seconds"), default=0.0)

    class Meta:
        verbose_name = _("channel state")
        verbose_name_plural = _("channel states")

    def __str__(self) -> str:
        return self.alias
