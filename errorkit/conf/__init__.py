"""The ERRORKIT setting as one frozen, typed Config; cached until a setting changes."""

import difflib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.core.signals import setting_changed

from errorkit.conf.config import ChannelConfig, Config, InApp, Limits, Retention, Route
from errorkit.conf.readers import READERS

__all__ = [
    "ChannelConfig",
    "Config",
    "InApp",
    "Limits",
    "Problem",
    "Retention",
    "Route",
    "get_config",
    "get_problems",
]


class Problem(NamedTuple):
    """A value of ERRORKIT that cannot be used; its default is used instead."""

    key: str
    message: str
    hint: str


def get_config() -> Config:
    """Return the site's configuration; never raises, a wrong value counts as not given."""
    return _load()[0]


def get_problems() -> list[Problem]:
    """Return what is wrong with ERRORKIT, for the system check."""
    return _load()[1]


@lru_cache(maxsize=1)
def _load() -> tuple[Config, list[Problem]]:
    raw = getattr(settings, "ERRORKIT", {})
    default = Config(environment="development" if settings.DEBUG else "production")
    if not isinstance(raw, Mapping):
        return default, [
            Problem(
                "ERRORKIT",
                "ERRORKIT is not a dict.",
                'Write ERRORKIT = {"ENVIRONMENT": "staging"}.',
            )
        ]
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in raw.items():
        try:
            values[_field_of(key)] = READERS[str(key)](value)
        except (TypeError, ValueError, KeyError) as error:
            problems.append(_problem(key, error))
    return replace(default, **values), problems


def _field_of(key: object) -> str:
    if key not in READERS:
        raise KeyError(key)
    return str(key).lower()


def _problem(key: object, error: Exception) -> Problem:
    if not isinstance(error, KeyError):
        return Problem(
            str(key),
            f"ERRORKIT[{key!r}] {error}.",
            "The default is used until this is mended.",
        )
    near = difflib.get_close_matches(str(key).upper(), READERS, n=1, cutoff=0.0)
    return Problem(str(key), f"ERRORKIT has no key {key!r}.", f"Did you mean {near[0]!r}?")


def _forget(*, setting: str, **_: Any) -> None:
    if setting in {"ERRORKIT", "DEBUG"}:
        _load.cache_clear()


setting_changed.connect(_forget, dispatch_uid="errorkit.conf")
