"""How each key of ERRORKIT is read; a reader raises TypeError or ValueError whose text completes `ERRORKIT['KEY'] ...`."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from errorkit.conf.config import ChannelConfig, InApp, Limits, Retention
from errorkit.conf.routes import routes
from errorkit.conf.values import (
    amount,
    boolean,
    choice,
    days,
    days_or_none,
    digests,
    mapping,
    path_or_none,
    seconds,
    source_url,
    text,
    text_or_none,
    texts,
    texts_or_none,
)


def _brand(value: Any) -> Mapping[str, Any] | str | None:
    if value is None or isinstance(value, str):
        return value
    return mapping(value)


def _status_map(value: Any) -> Mapping[str, int | tuple[int, int]]:
    """Read `{"path.of.Error": 503}`, or `(503, 30)` to send a Retry-After of 30 seconds along."""
    for path, answer in mapping(value).items():
        status, *retry_after = answer if isinstance(answer, (tuple, list)) else (answer,)
        if not isinstance(path, str) or not _is_server_error(status):
            raise ValueError("must map dotted exception paths to statuses from 500 to 599")
        if retry_after and not (len(retry_after) == 1 and _is_count(retry_after[0])):
            raise ValueError("must give Retry-After in whole seconds: (503, 30)")
    return {
        path: tuple(answer) if isinstance(answer, list) else answer
        for path, answer in value.items()
    }


def _is_server_error(value: Any) -> bool:
    return isinstance(value, int) and 500 <= value <= 599


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _ignore(value: Any) -> tuple[str | Callable[..., bool], ...]:
    if isinstance(value, str) or not all(isinstance(item, str) or callable(item) for item in value):
        raise TypeError("must be a list of exception paths, path globs or callables")
    return tuple(value)


def _record(kind: type[Any], convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a reader of a dict whose keys, in lower case, are the fields of a dataclass."""
    names = {each.name for each in fields(kind)}

    def read(value: Any) -> Any:
        given = {str(name).lower(): convert(item) for name, item in mapping(value).items()}
        if unknown := given.keys() - names:
            raise ValueError(
                f"has no {', '.join(sorted(unknown))}; known are {', '.join(sorted(names))}"
            )
        return kind(**given)

    return read


def _channels(value: Any) -> Mapping[str, ChannelConfig]:
    channels: dict[str, ChannelConfig] = {}
    for alias, entry in mapping(value).items():
        if (
            not isinstance(alias, str)
            or not isinstance(entry, Mapping)
            or not isinstance(entry.get("BACKEND"), str)
        ):
            raise TypeError('must look like {"alias": {"BACKEND": "dotted.path", "OPTIONS": {}}}')
        if unknown := set(entry) - {"BACKEND", "OPTIONS"}:
            raise ValueError(
                f"[{alias!r}] has unknown keys: {', '.join(sorted(map(str, unknown)))}"
            )
        channels[alias] = ChannelConfig(
            backend=entry["BACKEND"], options=mapping(entry.get("OPTIONS", {}))
        )
    return channels


READERS: dict[str, Callable[[Any], Any]] = {
    "ENABLED": boolean,
    "ENVIRONMENT": text,
    "RELEASE": text_or_none,
    "BRAND": _brand,
    "API_PREFIXES": texts,
    "STATUS_MAP": _status_map,
    "REQUEST_ID_HEADER": text_or_none,
    "TRUSTED_REQUEST_ID_PROXIES": texts,
    "IGNORE": _ignore,
    "IN_APP": _record(InApp, texts),
    "LOCALS": choice("off", "app", "all"),
    "SCRUB": mapping,
    "FINGERPRINT": text_or_none,
    "DATABASE": text,
    "SPOOL_DIR": path_or_none,
    "LIMITS": _record(Limits, amount),
    "RETENTION": _record(Retention, amount),
    "CHANNELS": _channels,
    "ROUTES": routes,
    "DELIVER_IN_DEBUG": boolean,
    "DISPATCH": choice("auto", "command"),
    "CELERY_QUEUE": text_or_none,
    "SWEEP_SECONDS": seconds,
    "LEASE_SECONDS": seconds,
    "BASE_URL": text_or_none,
    "CAPTURE_CELERY": choice("off", "final", "all"),
    "ONCALL_FALLBACK": texts_or_none,
    "DEADMAN_URL": text_or_none,
    "API_AUTHENTICATION": texts,
    "DEPLOY_TOKENS": digests,
    "SOURCE_URL": source_url,
    "COUNT_REQUESTS": text_or_none,
    "AUTO_RESOLVE_DAYS": days_or_none,
    "RELEASE_GRACE_DAYS": days,
}
