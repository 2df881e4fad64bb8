"""The incident, the fingerprints that lead to it and the people it has met."""

from datetime import datetime

from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from errorkit.models.fields import StoredField

URGENCY_BY_LEVEL = {"fatal": 6, "error": 5, "warning": 4, "info": 3}
URGENCY_ACKNOWLEDGED, URGENCY_RESTING, URGENCY_OVER = 2, 1, 0


def _urgency() -> Case:
    """Return how urgent an incident is: open ones by level, then those that somebody has, then those that rest."""
    opened = Q(status="open")
    return Case(
        When(Q(snoozed_until__isnull=False), then=Value(URGENCY_RESTING)),
        When(status="acknowledged", then=Value(URGENCY_ACKNOWLEDGED)),
        *(
            When(opened & Q(level=level), then=Value(urgency))
            for level, urgency in URGENCY_BY_LEVEL.items()
        ),
        When(opened, then=Value(URGENCY_BY_LEVEL["error"])),
        default=Value(URGENCY_OVER),
        output_field=models.PositiveSmallIntegerField(),
    )


class IncidentQuerySet(models.QuerySet["Incident"]):
    """Questions about incidents."""

    def unresolved(self) -> "IncidentQuerySet":
        """Return those that somebody still has to deal with."""
        return self.filter(status__in=[Incident.Status.OPEN, Incident.Status.ACKNOWLEDGED])

    def alertable(self, now: datetime) -> "IncidentQuerySet":
        """Return those that an alert may still go out for: open and not snoozed."""
        return self.filter(
            Q(snoozed_until=None) | Q(snoozed_until__lte=now),
            status=Incident.Status.OPEN,
        )


class Incident(models.Model):
    """Occurrences with the same fingerprint in one environment: what people triage and are alerted about.

    A snooze always ends at `snoozed_until`; it ends sooner when `times_seen` reaches `snoozed_count`, or when one hour has more than `snoozed_rate`.
    Resolved in a release, `resolved_release` is the first that is mended; resolved in the next one, it is the last that is not. `urgency` is above zero while it is unresolved.
    `generation` grows by one each time the incident opens again; `times_seen` counts every occurrence, `times_light` those of them that
    were kept without a traceback of their own; a forward has told of the first `light_told` of these.
    """

    class Status(models.TextChoices):
        """What people decided about the incident."""

        OPEN = "open", _("open")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        RESOLVED = "resolved", _("resolved")
        IGNORED = "ignored", _("ignored")

    class Resolution(models.TextChoices):
        """What it takes to open a resolved incident again: any occurrence, or one of a release that should be mended."""

        NOW = "now", _("now")
        RELEASE = "release", _("in a release")
        NEXT = "next", _("in the next release")

    title = models.CharField(_("title"), max_length=255)
    location = models.CharField(_("where"), max_length=255, blank=True)
    kind = models.CharField(_("kind"), max_length=16)
    level = models.CharField(_("level"), max_length=16)
    environment = models.CharField(_("environment"), max_length=64)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.OPEN)
    status_code = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    family = models.CharField(_("cause"), max_length=16, blank=True)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, blank=True)
    snoozed_count = models.PositiveBigIntegerField(_("wakes at"), null=True, blank=True)
    snoozed_rate = models.PositiveBigIntegerField(_("wakes above"), null=True, blank=True)
    generation = models.PositiveIntegerField(_("generation"), default=1)
    times_seen = models.PositiveBigIntegerField(_("times seen"), default=0)
    times_light = models.PositiveBigIntegerField(_("of them light"), default=0)
    users_affected = models.PositiveIntegerField(_("users affected"), default=0)
    light_told = models.PositiveBigIntegerField(_("light ones told of"), default=0)
    first_seen = models.DateTimeField(_("first seen"))
    last_seen = models.DateTimeField(_("last seen"))
    first_release = models.CharField(_("first release"), max_length=128, blank=True)
    last_release = models.CharField(_("release"), max_length=128, blank=True)
    last_full_id = models.UUIDField(_("newest full occurrence"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    resolution = models.CharField(
        _("resolved"), max_length=16, choices=Resolution, default=Resolution.NOW
    )
    resolved_release = models.CharField(_("resolved in"), max_length=128, blank=True)
    owner_id = models.CharField(_("owner id"), max_length=64, blank=True)
    owner_label = models.CharField(_("owner"), max_length=150, blank=True)
    urgency = StoredField(
        expression=_urgency(),
        output_field=models.PositiveSmallIntegerField(),
        db_persist=True,
        verbose_name=_("urgency"),
    )

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        permissions = [("view_sensitive", _("Can view bodies, headers and local variables"))]
        indexes = [
            models.Index(fields=["status", "-last_seen"], name="errorkit_incident_status"),
            models.Index(
                fields=["environment", "-last_seen"],
                name="errorkit_incident_environment",
            ),
            models.Index(fields=["-last_seen", "-id"], name="errorkit_incident_last_seen"),
            models.Index(fields=["-times_seen", "-id"], name="errorkit_incident_times_seen"),
            models.Index(fields=["-first_seen"], name="errorkit_incident_first_seen"),
            models.Index(
                fields=["-urgency", "-last_seen", "-id"], name="errorkit_incident_urgency"
            ),
            models.Index(fields=["snoozed_until"], name="errorkit_incident_snoozed"),
        ]

    def __str__(self) -> str:
        return self.title


class Fingerprint(models.Model):
    """A versioned grouping key in one environment; many may point at one incident."""

    value = models.CharField(_("value"), max_length=80)
    environment = models.CharField(_("environment"), max_length=64)
    incident = models.ForeignKey(
        Incident,
        models.CASCADE,
        related_name="fingerprints",
        verbose_name=_("incident"),
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("fingerprint")
        verbose_name_plural = _("fingerprints")
        constraints = [
            models.UniqueConstraint(
                fields=["value", "environment"], name="errorkit_fingerprint_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.value


class AffectedUser(models.Model):
    """One person whom failures of one fingerprint have met; `person` is a keyed hash of the user id, so that it tells nobody who it was."""

    fingerprint = models.ForeignKey(
        Fingerprint, models.CASCADE, related_name="users", verbose_name=_("fingerprint")
    )
    person = models.CharField(_("person"), max_length=32)

    class Meta:
        verbose_name = _("affected user")
        verbose_name_plural = _("affected users")
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint", "person"], name="errorkit_affected_user_unique"
            )
        ]

    def __str__(self) -> str:
        return self.person
