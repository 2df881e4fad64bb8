"""The people of the host: who is still there, who is in a group, and their mail address.

They live in the host's user model, which may be in another database, or swapped for one that lacks a column. What cannot be asked is not
known, and never an error: an alert finds its way to the fallback.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldError, ValidationError
from django.db import DatabaseError

from errorkit.delivery.texts import describe
from errorkit.oncall.rota import Person

logger = logging.getLogger("errorkit.oncall")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the host knows about a person."""

    person: Person
    active: bool
    email: str
    login: str


def accounts(user_ids: Iterable[str]) -> dict[str, Account] | None:
    """Return the accounts that exist, by user id; None where the host cannot be asked."""
    wanted = set(user_ids)
    return _find(pk__in=wanted) if wanted else {}


def group_members(name: str) -> list[Person]:
    """Return the active people in one of the host's groups, by label."""
    found = (_find(groups__name=name) or {}).values()
    return sorted((each.person for each in found if each.active), key=lambda each: each.label)


def find_person(name: str) -> Person | None:
    """Return the active person who logs in by this name, or the only one with this mail address."""
    model = get_user_model()
    by_login = _find(**{model.USERNAME_FIELD: name}) or {}
    found = by_login or _find(email__iexact=name) or {}
    active = [each.person for each in found.values() if each.active]
    return active[0] if len(active) == 1 else None


def _find(**conditions: object) -> dict[str, Account] | None:
    model = get_user_model()
    try:
        users = list(model._base_manager.filter(**conditions))
    except (DatabaseError, FieldError, ValidationError, ValueError, TypeError) as error:
        logger.warning("cannot look people up: %s", describe(error))
        return None
    return {str(user.pk): _account(user) for user in users}


def _account(user: object) -> Account:
    name = getattr(user, "get_full_name", str)() if hasattr(user, "get_full_name") else ""
    return Account(
        person=Person(user_id=str(getattr(user, "pk", "")), label=str(name or user)[:150]),
        login=str(getattr(user, "get_username", lambda: user)()),
        active=bool(getattr(user, "is_active", True)),
        email=str(getattr(user, "email", "") or ""),
    )
