"""Make the groups that errorkit's pages are meant for."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand
from django.db.models import Q

VIEW = Q(codename__startswith="view_") & ~Q(codename="view_sensitive")
TRIAGE = Q(
    codename__in=[
        "change_incident",
        "change_delivery",
        "add_silence",
        "change_silence",  # to end one
        "add_override",
    ]
)

# What each group may do; later ones may do all that earlier ones may.
GROUPS = {
    "errorkit viewers": VIEW,
    "errorkit responders": VIEW | TRIAGE,
    "errorkit managers": Q(),
}


class Command(BaseCommand):
    """`errorkit_groups`: idempotent; people are put into the groups by whoever manages users."""

    help = "Make or update the groups of viewers, responders and managers."

    def handle(self, *args: Any, **options: Any) -> None:
        """Give each group its permissions, and take from it what it had of errorkit's besides."""
        ours = Permission.objects.filter(content_type__app_label="errorkit")
        for name, allowed in GROUPS.items():
            group, _ = Group.objects.get_or_create(name=name)
            wanted = ours.filter(allowed)
            group.permissions.remove(*ours.exclude(pk__in=wanted))
            group.permissions.add(*wanted)
            self.stdout.write(f"{name}: {wanted.count()} permissions")
