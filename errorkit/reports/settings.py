"""The secrets among the site's settings, which must not turn up in any report."""

from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from django.conf import settings
from django.core.signals import setting_changed

from errorkit.reports.hostfilter import HidingRule, hiding_rule
from errorkit.reports.names import HIDE_AND_LEARN, Names
from errorkit.reports.secrets import Secrets

# How the name of a setting ends whose value is the secret itself.
ENDINGS = frozenset(
    [
        "password",
        "passwd",
        "pass",
        "pwd",
        "passphrase",
        "secret",
        "secrets",
        "token",
        "tokens",
        "dsn",
        "credential",
        "credentials",
        "fallbacks",
        "salt",
    ]
)
KEY_ENDINGS = frozenset({"key", "keys"})
SHORTEST_KEY = 16


@lru_cache(maxsize=4)
def setting_secrets(names: Names) -> frozenset[str]:
    """Return the secret values of the site's settings: keys, passwords, and those inside URLs."""
    secrets, hides = Secrets(), hiding_rule()
    holder: Any = getattr(settings, "_wrapped", None)
    while type(getattr(holder, "__dict__", None)) is dict:
        given = vars(holder)
        _learn_settings(
            secrets, {key: given[key] for key in list(given) if key.isupper()}, names, hides
        )
        # Under override_settings the values that are not overridden are one level down.
        holder = given.get("default_settings")
    return frozenset(secrets.ordered())


def _learn_settings(
    secrets: Secrets, value: Any, names: Names, hides: HidingRule, depth: int = 0
) -> None:
    if type(value) is str:
        secrets.learn(_password_in(value))
    elif isinstance(value, dict) and depth < 6:
        for key, item in value.items():
            if type(key) is str and (_names_a_secret(key, item, names) or hides(key, item)):
                secrets.learn(item)
            else:
                _learn_settings(secrets, item, names, hides, depth + 1)
    elif isinstance(value, (list, tuple)) and depth < 6:
        for item in value:
            _learn_settings(secrets, item, names, hides, depth + 1)


def _names_a_secret(key: str, value: object, names: Names) -> bool:
    ending = key.lower().replace("-", "_").rpartition("_")[2]
    if ending in KEY_ENDINGS and names[key] != HIDE_AND_LEARN:
        return type(value) is str and len(value) >= SHORTEST_KEY
    return ending in ENDINGS or ending in KEY_ENDINGS


def _password_in(text: str) -> str | None:
    if "://" not in text or "@" not in text:
        return None
    try:
        password = urlsplit(text).password
    except ValueError:
        return None
    return unquote_plus(password) if password else None


def _forget(**_: Any) -> None:
    setting_secrets.cache_clear()


setting_changed.connect(_forget, dispatch_uid="errorkit.reports.settings")
