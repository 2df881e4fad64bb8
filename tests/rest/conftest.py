"""People of three roles, and a site that has the API."""

import itertools
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

API = "/errorkit/api"
NUMBERS = itertools.count(1)
VIEW = (
    "view_incident",
    "view_occurrence",
    "view_delivery",
    "view_deploy",
    "view_schedule",
    "view_silence",
)
CHANGE = ("change_incident", "change_delivery", "add_silence", "change_silence")
MANAGE = ("view_sensitive", "add_deploy")


@pytest.fixture(autouse=True)
def site_with_api(settings) -> None:
    settings.ROOT_URLCONF = "tests.rest.urls"


@pytest.fixture
def log_in(db, django_user_model) -> Callable[..., Client]:
    """Return a function that logs somebody in who has these permissions and no others."""

    def log_in(*permissions: str, **options: bool) -> Client:
        user = django_user_model.objects.create_user(f"user-{next(NUMBERS)}")
        user.user_permissions.set(
            Permission.objects.filter(content_type__app_label="errorkit", codename__in=permissions)
        )
        client = Client(**options)
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def viewer(log_in) -> Client:
    return log_in(*VIEW)


@pytest.fixture
def responder(log_in) -> Client:
    return log_in(*VIEW, *CHANGE)


@pytest.fixture
def manager(log_in) -> Client:
    return log_in(*VIEW, *CHANGE, *MANAGE)


@pytest.fixture
def people(viewer, responder, manager) -> dict[str, Client]:
    return {"anonymous": Client(), "viewer": viewer, "responder": responder, "manager": manager}
