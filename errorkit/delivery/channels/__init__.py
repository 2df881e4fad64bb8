"""The channels that a site has configured, by alias."""

import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from errorkit.conf import ChannelConfig, get_config
from errorkit.delivery.channels.base import Channel
from errorkit.delivery.proxies import proxy_secrets
from errorkit.delivery.texts import SHORTEST_PART, describe
from errorkit.exceptions import InvalidChannelError

# The reserved alias that alerts go to; CHANNELS may configure it.
ONCALL = "oncall"
DEFAULT_ONCALL = ChannelConfig(backend="errorkit.delivery.channels.email.EmailChannel")


def get_channel(alias: str) -> Channel:
    """Return this process's channel of that name; raises InvalidChannelError where it cannot be built."""
    return _build(alias, os.getpid())


def aliases() -> list[str]:
    """Return every alias, the reserved one last unless CHANNELS says otherwise."""
    return list(dict.fromkeys([*get_config().channels, ONCALL]))


def known_secrets() -> set[str]:
    """Return the secrets of every channel, and of the proxies: a server may echo what it was never sent."""
    return {secret for alias in aliases() for secret in _secrets_of(alias)} | proxy_secrets()


def _secrets_of(alias: str) -> tuple[str, ...]:
    try:
        secrets = get_channel(alias).secrets
    except InvalidChannelError:
        return ()
    # A channel may have taken an option for its secret that is no text.
    return tuple(str(secret) for secret in secrets if secret)


# By process, because a connection pool must not be shared over a fork.
@cache
def _build(alias: str, pid: int) -> Channel:
    config = get_config().channels.get(alias) or (DEFAULT_ONCALL if alias == ONCALL else None)
    if config is None:
        raise InvalidChannelError(f"ERRORKIT['CHANNELS'] has no {alias!r}")
    options = {str(name).lower(): value for name, value in config.options.items()}
    try:
        channel = import_string(config.backend)(alias, **options)
    except Exception as error:
        # Whatever one channel's options do to its constructor, the others go on.
        raise InvalidChannelError(
            f"ERRORKIT['CHANNELS'][{alias!r}]: {_reason(error, config.options)}"
        ) from error
    if not isinstance(channel, Channel):
        raise InvalidChannelError(
            f"ERRORKIT['CHANNELS'][{alias!r}]: {config.backend} is no Channel"
        )
    return channel


def _reason(error: Exception, options: Mapping[str, Any]) -> str:
    """Return what is wrong without the options' values, and which of them have none: often an environment variable is not set."""
    reason = describe(error, _texts_in(list(options.values())))
    unset = [str(name) for name, value in options.items() if value is None]
    return f"{reason} ({', '.join(unset)} is None)" if unset else reason


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str) and len(value) >= SHORTEST_PART:
        yield value
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts_in(each)


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "ERRORKIT":
        _build.cache_clear()


setting_changed.connect(_forget, dispatch_uid="errorkit.delivery.channels")
