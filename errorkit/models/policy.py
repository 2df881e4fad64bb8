"""Whom to alert about what, in which order, by which means."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from errorkit.models.matching import Matcher
from errorkit.models.rota import Schedule


class EscalationPolicy(models.Model):
    """The steps of an alert, and when it starts over.

    `group_wait` and the incidents that arrive in it share one message. `repeats` times the steps run again at once; after that again
    every `repeat_minutes` (0: never) while nobody acknowledges. An acknowledgement holds for `acknowledge_minutes` (0: for ever).
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    group_wait = models.PositiveSmallIntegerField(
        _("seconds to collect before the first alert"),
        default=30,
        help_text=_("Fatal incidents do not wait."),
    )
    repeats = models.PositiveSmallIntegerField(
        _("repeat all steps so many times"), default=1, validators=[MaxValueValidator(5)]
    )
    repeat_minutes = models.PositiveIntegerField(
        _("then alert again every so many minutes"), default=240, help_text=_("0: never")
    )
    acknowledge_minutes = models.PositiveIntegerField(
        _("an acknowledgement holds so many minutes"), default=240, help_text=_("0: for ever")
    )
    fallback_channel = models.CharField(
        _("fallback channel"),
        max_length=64,
        blank=True,
        help_text=_("Where to send when nobody is on call; empty: mail to ONCALL_FALLBACK."),
    )

    class Meta:
        verbose_name = _("escalation policy")
        verbose_name_plural = _("escalation policies")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class EscalationStep(models.Model):
    """One step of a policy: whom to alert, and how long to wait before the next step.

    `target_id` is a user id, the name of a group, or a channel's alias; a schedule is a foreign key.
    """

    class Target(models.TextChoices):
        """Whom a step alerts."""

        SCHEDULE = "schedule", _("whoever is on call")
        USER = "user", _("user")
        GROUP = "group", _("everybody in a group")
        CHANNEL = "channel", _("channel")

    policy = models.ForeignKey(
        EscalationPolicy, models.CASCADE, related_name="steps", verbose_name=_("policy")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    target = models.CharField(_("alert"), max_length=16, choices=Target, default=Target.SCHEDULE)
    schedule = models.ForeignKey(
        Schedule, models.PROTECT, null=True, blank=True, verbose_name=_("schedule")
    )
    target_id = models.CharField(_("user, group or channel"), max_length=150, blank=True)
    target_label = models.CharField(_("name"), max_length=150, blank=True)
    wait_minutes = models.PositiveSmallIntegerField(
        _("minutes until the next step"), default=10, help_text=_("0: the next step comes with it")
    )

    class Meta:
        verbose_name = _("escalation step")
        verbose_name_plural = _("escalation steps")
        ordering = ["policy", "position", "id"]

    def __str__(self) -> str:
        return f"{self.position}: {self.get_target_display()}"


class Route(Matcher):
    """Which policy an incident follows: the first route, by `position`, that covers it decides."""

    position = models.PositiveSmallIntegerField(_("position"), default=1)
    name = models.CharField(_("name"), max_length=100)
    enabled = models.BooleanField(_("enabled"), default=True)
    policy = models.ForeignKey(
        EscalationPolicy,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="routes",
        verbose_name=_("policy"),
        help_text=_("Empty: nobody is alerted."),
    )

    class Meta:
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class ContactMethod(models.Model):
    """One way to reach a person; their ways are tried in order, each after its delay.

    `address` is a mail address, where the channel sends mail. Nothing but a test goes to a method that is not verified. The code that
    verifies it is kept nowhere: it is derived from when it was sent.
    """

    user_id = models.CharField(_("user id"), max_length=64)
    label = models.CharField(_("user"), max_length=150)
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    channel = models.CharField(_("channel"), max_length=64, default="oncall")
    address = models.CharField(_("address"), max_length=254, blank=True)
    delay_minutes = models.PositiveSmallIntegerField(_("after so many minutes"), default=0)
    enabled = models.BooleanField(_("enabled"), default=True)
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True, editable=False)
    code_sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    code_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("contact method")
        verbose_name_plural = _("contact methods")
        ordering = ["user_id", "position", "id"]
        indexes = [models.Index(fields=["user_id"], name="errorkit_contact_user")]

    def __str__(self) -> str:
        return f"{self.label}: {self.address or self.channel}"


class CalendarFeed(models.Model):
    """A person's shifts as an iCalendar feed under a secret address, of which only a hash is kept."""

    user_id = models.CharField(_("user id"), max_length=64, db_index=True)
    label = models.CharField(_("user"), max_length=150)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self) -> str:
        return self.label
