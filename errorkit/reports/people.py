"""Who asked: the user, if something else has loaded it already."""

from typing import Any

from django.utils.functional import LazyObject, empty

from errorkit.reports.kinds import bases_of, primary_key_of
from errorkit.reports.request import members_of


def user_of(request: Any) -> tuple[str, str]:
    """Return id and label of the user, or two empty texts; never loads one, never asks the database."""
    members = members_of(request)
    user = members.get("_cached_user") or _loaded(members.get("user"))
    if user is None:
        return "", ""
    cls = type(user)
    values: dict[str, Any] = object.__getattribute__(user, "__dict__")
    key = values.get(primary_key_of(cls) or "pk")
    if type(key) is not int and not key:
        return "", ""
    label = values.get(str(getattr(cls, "USERNAME_FIELD", "username")), "")
    return _text(key, 64), _text(label, 150)


def _loaded(user: Any) -> Any:
    """Return the user behind a lazy object, None if nobody has asked for it yet."""
    if LazyObject not in bases_of(type(user)):
        return user
    wrapped = object.__getattribute__(user, "__dict__").get("_wrapped", empty)
    return None if wrapped is empty else wrapped


def _text(value: Any, limit: int) -> str:
    return str(value)[:limit]
