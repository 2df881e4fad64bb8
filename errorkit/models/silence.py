"""Times in which nobody is alerted."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from errorkit.models.incident import Incident
from errorkit.models.matching import Matcher

LONGEST_SILENCE = timedelta(days=7)
FARTHEST = timedelta(days=365)


class SilenceQuerySet(models.QuerySet["Silence"]):
    """Questions about silences."""

    def active(self, now: datetime) -> "SilenceQuerySet":
        """Return those that run."""
        return self.filter(starts_at__lte=now, ends_at__gt=now)

    def end(self, now: datetime) -> int:
        """End those that run; return how many did."""
        return self.active(now).update(ends_at=now)

    def just_ended(self, now: datetime) -> "SilenceQuerySet":
        """Return those that have ended, and whose incidents have not been looked at since."""
        return self.filter(ends_at__lte=now, lifted_at=None)


class Silence(Matcher):
    """A time in which nobody is alerted about the incidents that it covers; it always ends, within seven days.

    When it ends, what is still open alerts again. `lifted_at` is when that was seen to.
    """

    incident = models.ForeignKey(
        Incident,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="silences",
        verbose_name=_("incident"),
    )
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=255)
    author_id = models.CharField(_("author id"), max_length=64, blank=True, editable=False)
    author_label = models.CharField(_("author"), max_length=150, blank=True, editable=False)
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True, editable=False)

    objects = SilenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("silence")
        verbose_name_plural = _("silences")
        ordering = ["-ends_at"]
        indexes = [models.Index(fields=["ends_at"], name="errorkit_silence_ends")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="errorkit_silence_ends_later"
            )
        ]

    def __str__(self) -> str:
        return self.reason

    def clean(self) -> None:
        """Refuse a silence that ends before it begins, is longer than seven days, or far away."""
        # A field that is missing, or not a time, is None here; its own error has been noted already.
        if None in (self.starts_at, self.ends_at):
            return
        if self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": _("The silence ends before it begins.")})
        if self.starts_at - timezone.now() > FARTHEST:
            raise ValidationError({"starts_at": _("A silence begins within a year.")})
        if self.ends_at - self.starts_at > LONGEST_SILENCE:
            raise ValidationError({"ends_at": _("A silence ends within seven days.")})

    def covers(self, incident: Incident, path: str = "") -> bool:
        """Return whether it is about the incident."""
        if self.incident_id is not None and self.incident_id != incident.pk:
            return False
        return super().covers(incident, path)


def silence_of(incident: Incident, path: str, silences: Iterable[Silence]) -> Silence | None:
    """Return which of the silences that run keeps alerts about the incident back, if any."""
    return next((silence for silence in silences if silence.covers(incident, path)), None)
