"""Who may do what: the permissions of the models, as in the admin."""

from typing import Any

from rest_framework.permissions import BasePermission, DjangoModelPermissions
from rest_framework.request import Request

VIEW = "%(app_label)s.view_%(model_name)s"
SENSITIVE = "errorkit.view_sensitive"


class ModelPermissions(DjangoModelPermissions):
    """To read takes the model's `view` permission, to write also `change`; nobody is let in without."""

    perms_map = {
        "GET": [VIEW],
        "HEAD": [VIEW],
        "OPTIONS": [VIEW],
        "POST": [VIEW, "%(app_label)s.change_%(model_name)s"],
    }
    authenticated_users_only = True


class AddPermissions(ModelPermissions):
    """To write takes the model's `add` permission, and no more."""

    perms_map = {**ModelPermissions.perms_map, "POST": ["%(app_label)s.add_%(model_name)s"]}


class MayView(BasePermission):
    """What is no list of rows is shown to who may see the rows that it is made of."""

    model = ""

    @classmethod
    def of(cls, model: str) -> "type[MayView]":
        """Return the permission to see what is made of these."""
        return type(cls.__name__, (cls,), {"model": model})

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether this person may."""
        # A host may have set UNAUTHENTICATED_USER to None.
        user: Any = request.user
        return bool(user and user.is_authenticated and user.has_perm(f"errorkit.view_{self.model}"))


def may_see_sensitive(request: Request) -> bool:
    """Return whether this person may see bodies, headers and local variables."""
    return bool(request.user.has_perm(SENSITIVE))
