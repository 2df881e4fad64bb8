"""The pages on which people review incidents, in the host's own admin.

They are registered with the default admin site. A site of your own is served by `errorkit.admin.register(site)`.
"""

from django.contrib import admin

from errorkit.admin.activities import ActivityAdmin
from errorkit.admin.alerts import AlertAdmin
from errorkit.admin.contacts import ContactAdmin, FeedAdmin
from errorkit.admin.deliveries import DeliveryAdmin
from errorkit.admin.deploys import DeployAdmin
from errorkit.admin.incidents import IncidentAdmin
from errorkit.admin.occurrences import OccurrenceAdmin
from errorkit.admin.policies import PolicyAdmin
from errorkit.admin.routes import RouteAdmin, SilenceAdmin
from errorkit.admin.schedules import ScheduleAdmin
from errorkit.models import (
    Activity,
    Alert,
    CalendarFeed,
    ContactMethod,
    Delivery,
    Deploy,
    EscalationPolicy,
    Incident,
    Occurrence,
    Route,
    Schedule,
    Silence,
)

__all__ = ["register"]

PAGES = {
    Activity: ActivityAdmin,
    Incident: IncidentAdmin,
    Occurrence: OccurrenceAdmin,
    Delivery: DeliveryAdmin,
    Alert: AlertAdmin,
    Deploy: DeployAdmin,
    Schedule: ScheduleAdmin,
    EscalationPolicy: PolicyAdmin,
    Route: RouteAdmin,
    Silence: SilenceAdmin,
    ContactMethod: ContactAdmin,
    CalendarFeed: FeedAdmin,
}


def register(site: admin.AdminSite) -> None:
    """Add errorkit's pages to an admin site; those that are there already stay as they are."""
    for model, page in PAGES.items():
        if not site.is_registered(model):
            site.register(model, page)


register(admin.site)
