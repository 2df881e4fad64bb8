"""Everything errorkit stores. No foreign key leaves errorkit: people are an id and the label at that time."""

from errorkit.models.activity import Activity
from errorkit.models.alert import Alert
from errorkit.models.delivery import ChannelState, Delivery, DeliveryAttempt
from errorkit.models.deploy import Deploy
from errorkit.models.feedback import Feedback
from errorkit.models.heartbeat import Heartbeat
from errorkit.models.hourly import HourlyCount, HourlyTotal
from errorkit.models.incident import AffectedUser, Fingerprint, Incident
from errorkit.models.occurrence import Occurrence
from errorkit.models.policy import (
    CalendarFeed,
    ContactMethod,
    EscalationPolicy,
    EscalationStep,
    Route,
)
from errorkit.models.rota import Layer, LayerMember, Override, Schedule
from errorkit.models.searchtext import SearchText
from errorkit.models.silence import Silence

__all__ = [
    "Activity",
    "AffectedUser",
    "Alert",
    "CalendarFeed",
    "ChannelState",
    "ContactMethod",
    "Delivery",
    "DeliveryAttempt",
    "Deploy",
    "EscalationPolicy",
    "EscalationStep",
    "Feedback",
    "Fingerprint",
    "Heartbeat",
    "HourlyCount",
    "HourlyTotal",
    "Incident",
    "Layer",
    "LayerMember",
    "Occurrence",
    "Override",
    "Route",
    "Schedule",
    "SearchText",
    "Silence",
]
