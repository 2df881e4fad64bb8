"""Schedules: who is on call when. People are an id and a label; no foreign key leaves errorkit."""

from collections.abc import Mapping
from datetime import date, datetime, time
from types import MappingProxyType

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Within these a rota can be looked at in every zone: Python's dates end with the year 9999, in some zones a day before.
FIRST_YEAR, LAST_YEAR = 1971, 2999


def today() -> date:
    """Return the date in the site's time; one without time zones has naive times."""
    return timezone.localdate() if settings.USE_TZ else timezone.now().date()


class Schedule(models.Model):
    """A rota in one time zone: layers, people in turns, and overrides on top.

    `zone` is an IANA name. The last four are the sweep's notes: who was on call when it last looked, when to look again, when gaps were last
    looked for, and when the first one of the 14 days after that begins.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    fallback_id = models.CharField(_("fallback user id"), max_length=64, blank=True)
    fallback_label = models.CharField(_("fallback user"), max_length=150, blank=True)
    handoff_notices = models.BooleanField(_("tell people when their shift begins"), default=True)
    on_call_id = models.CharField(_("on call"), max_length=64, blank=True, editable=False)
    next_change_at = models.DateTimeField(_("look again at"), null=True, blank=True, editable=False)
    checked_at = models.DateTimeField(
        _("gaps looked for at"), null=True, blank=True, editable=False
    )
    next_gap_at = models.DateTimeField(_("next gap"), null=True, blank=True, editable=False)

    # Since when people of its rota have no active account; noted by who has asked the host (`oncall.schedules.note_leavers`).
    leavers: Mapping[str, datetime] = MappingProxyType({})

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["name"]
        indexes = [models.Index(fields=["next_change_at"], name="errorkit_schedule_change")]

    def __str__(self) -> str:
        return self.name


class Layer(models.Model):
    """People who take turns, from `starts_on` at `handoff_at` on, in the schedule's wall-clock time.

    The first layer, by `position`, that has somebody at an instant owns it. `ends_on` is the first day that the layer no longer covers,
    from the hand-off time on. `weekdays` lists the days that it covers, Monday being 0; hours that end at or before their beginning reach
    into the next day.
    """

    class Unit(models.TextChoices):
        """What a turn is counted in."""

        HOURS = "hours", _("hours")
        DAYS = "days", _("days")
        WEEKS = "weeks", _("weeks")

    schedule = models.ForeignKey(
        Schedule, models.CASCADE, related_name="layers", verbose_name=_("schedule")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    name = models.CharField(_("name"), max_length=100, blank=True)
    every = models.PositiveSmallIntegerField(
        _("every"), default=1, validators=[MinValueValidator(1)]
    )
    unit = models.CharField(_("unit"), max_length=8, choices=Unit, default=Unit.WEEKS)
    starts_on = models.DateField(_("starts on"), default=today)
    handoff_at = models.TimeField(_("hand-off at"), default=time(9))
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    weekdays = models.CharField(_("weekdays"), max_length=7, default="0123456")
    covers_from = models.TimeField(_("covers from"), null=True, blank=True)
    covers_until = models.TimeField(_("covers until"), null=True, blank=True)

    class Meta:
        verbose_name = _("layer")
        verbose_name_plural = _("layers")
        ordering = ["schedule", "position", "id"]

    def __str__(self) -> str:
        return self.name or str(self.position)

    def clean(self) -> None:
        """Refuse hours with one end only, and an end before the beginning."""
        if (self.covers_from is None) != (self.covers_until is None):
            raise ValidationError(_("Give both ends of the hours, or neither."))
        # A start that is missing, or no date, is None here; its own error has been noted already.
        dates = [day for day in (self.starts_on, self.ends_on) if day]
        if dates != sorted(set(dates)):
            raise ValidationError({"ends_on": _("The layer ends before it begins.")})
        if any(day.year > LAST_YEAR for day in dates):
            raise ValidationError(
                _("That is too far ahead. A layer without an end goes on for ever.")
            )


class LayerMember(models.Model):
    """A person's place in a layer's order; skipped from `left_at` on, so that nobody else's turns move."""

    layer = models.ForeignKey(
        Layer, models.CASCADE, related_name="members", verbose_name=_("layer")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    user_id = models.CharField(_("user id"), max_length=64, db_index=True)
    label = models.CharField(_("user"), max_length=150)
    left_at = models.DateTimeField(_("left at"), null=True, blank=True)

    class Meta:
        verbose_name = _("person in the layer")
        verbose_name_plural = _("people in the layer")
        ordering = ["layer", "position", "id"]

    def __str__(self) -> str:
        return self.label


class Override(models.Model):
    """Somebody who takes over for a while, whatever the layers say; the latest made wins."""

    schedule = models.ForeignKey(
        Schedule, models.CASCADE, related_name="overrides", verbose_name=_("schedule")
    )
    user_id = models.CharField(_("user id"), max_length=64, db_index=True)
    label = models.CharField(_("user"), max_length=150)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    created_by = models.CharField(_("created by"), max_length=150, blank=True, editable=False)

    class Meta:
        verbose_name = _("override")
        verbose_name_plural = _("overrides")
        ordering = ["-starts_at"]
        indexes = [models.Index(fields=["schedule", "ends_at"], name="errorkit_override_schedule")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="errorkit_override_ends"
            )
        ]

    def __str__(self) -> str:
        start = self.starts_at
        local = timezone.localtime(start) if timezone.is_aware(start) else start
        return f"{self.label} {local:%Y-%m-%d %H:%M}"
