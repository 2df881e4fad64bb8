"""What people wrote on the error page."""

import hashlib

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from errorkit.models.incident import Incident

LONGEST = 2000


class Feedback(models.Model):
    """One message. It may come before its occurrence is digested, or even stored, so both are looked up later: `incident` is null until then.

    `user_id` is that of the occurrence, so that a person's messages can be erased with the rest.
    """

    occurrence_id = models.UUIDField(_("occurrence"))
    incident = models.ForeignKey(
        Incident,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="feedback",
        verbose_name=_("incident"),
    )
    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)
    text = models.TextField(_("text"))
    email = models.CharField(_("email address"), max_length=254, blank=True)
    user_id = models.CharField(_("user id"), max_length=64, blank=True)
    # A message that is sent twice, by a double click or by a replayed form, is one message.
    digest = models.CharField(max_length=64, editable=False)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        constraints = [
            models.UniqueConstraint(
                fields=["occurrence_id", "digest"], name="errorkit_feedback_unique"
            )
        ]
        indexes = [models.Index(fields=["user_id"], name="errorkit_feedback_user")]

    def __str__(self) -> str:
        return self.text[:50]

    @staticmethod
    def digest_of(text: str, email: str) -> str:
        """Return what two equal messages have in common."""
        return hashlib.sha256(f"{email}\n{text}".encode()).hexdigest()
