"""What can be configured: frozen values with their defaults."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is kept in a storm. Rates are per second and per process unless the name says otherwise."""

    per_fingerprint: float = 5.0
    burst: int = 20
    per_process: float = 50.0
    new_fingerprints_per_minute: int = 200
    rows_per_hour: int = 100_000
    spool_bytes: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long things are kept, in days; `full_per_incident` is a number of rows."""

    days: int = 90
    full_per_incident: int = 1_000
    light_days: int = 30
    count_days: int = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class InApp:
    """Module prefixes that count as the site's own code, or do not; the longer prefix wins."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """One entry of CHANNELS: dotted path of the class, and its options."""

    backend: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One entry of ROUTES: what it lets through to its channels. Texts may hold `*` and `?`; `sample` is a share from 0 to 1."""

    channels: tuple[str, ...]
    environments: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    transitions: tuple[str, ...] = ()
    sample: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every key of ERRORKIT in lower case, with its default. SWEEP_SECONDS and LEASE_SECONDS are in seconds, the keys on `_DAYS` in days."""

    enabled: bool = True
    environment: str = "production"
    release: str | None = None
    brand: Mapping[str, Any] | str | None = None
    api_prefixes: tuple[str, ...] = ()
    status_map: Mapping[str, int | tuple[int, int]] = field(default_factory=dict)
    request_id_header: str | None = "X-Request-ID"
    trusted_request_id_proxies: tuple[str, ...] = ()
    ignore: tuple[str | Callable[..., bool], ...] = ()
    in_app: InApp = InApp()
    locals: str = "app"
    scrub: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str | None = None
    database: str = "default"
    spool_dir: str | None = ""
    limits: Limits = Limits()
    retention: Retention = Retention()
    channels: Mapping[str, ChannelConfig] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    deliver_in_debug: bool = False
    dispatch: str = "auto"
    celery_queue: str | None = None
    sweep_seconds: float = 5.0
    lease_seconds: float = 60.0
    base_url: str | None = None
    capture_celery: str = "final"
    oncall_fallback: tuple[str, ...] | None = None
    deadman_url: str | None = None
    api_authentication: tuple[str, ...] = ("rest_framework.authentication.SessionAuthentication",)
    deploy_tokens: tuple[str, ...] = ()
    source_url: str | None = None
    count_requests: str | None = None
    auto_resolve_days: float | None = None
    release_grace_days: float = 14.0
