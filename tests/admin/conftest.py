from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

VIEW = ("view_incident", "view_occurrence", "view_delivery")


@pytest.fixture
def log_in(db, django_user_model) -> Callable[..., Client]:
    """Return a function that logs a member of staff in who has these permissions and no others."""

    def log_in(*permissions: str) -> Client:
        user = django_user_model.objects.create_user(
            f"user-{'-'.join(permissions)[:100]}", is_staff=True
        )
        user.user_permissions.set(
            Permission.objects.filter(content_type__app_label="errorkit", codename__in=permissions)
        )
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def viewer(log_in) -> Client:
    return log_in(*VIEW)


@pytest.fixture
def responder(log_in) -> Client:
    return log_in(*VIEW, "change_incident", "change_delivery")


@pytest.fixture
def manager(log_in) -> Client:
    return log_in(*VIEW, "change_incident", "change_delivery", "view_sensitive")
