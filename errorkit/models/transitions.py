"""What new occurrences did to their incident."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from errorkit.models.incident import Incident
from errorkit.models.occurrence import Occurrence

# What a delivery says of an alert that nobody has acknowledged so far, or whose acknowledgement holds no longer; no transitions of an incident.
ESCALATED, LAPSED = "escalated", "lapsed"


class Transition(models.TextChoices):
    """What new occurrences did to their incident."""

    OPENED = "opened", _("opened")
    REGRESSED = "regressed", _("regressed")
    SURGING = "surging", _("surging")
    REPEATED = "repeated", _("repeated")
    QUIET = "quiet", _("quiet again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One incident's part of a digested batch; the incident's counts already include it.

    `full` are the batch's full occurrences, oldest first; `light` is how many light ones came with them. `woken`: it has
    ended a snooze of its incident.
    """

    incident: Incident
    transition: Transition
    full: tuple[Occurrence, ...]
    light: int
    woken: bool = False
