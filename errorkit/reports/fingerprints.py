"""The fingerprint: which failures are the same one, by the rule of its version or by what the site says."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from inspect import unwrap
from types import CodeType
from typing import Any, TypeVar

from django.utils.module_loading import import_string

from errorkit.conf import Config, get_config
from errorkit.reports import rules
from errorkit.reports.outline import Call, Outline

# Every version there has been, the newest last. One that was released never changes: what it grouped must be found again.
RULES: dict[str, rules.Rule] = {"v1": rules.version_1}

DEFAULT = "{{ default }}"
MOST_PARTS = 80
LONGEST_PART = 500

Function = TypeVar("Function", bound=Callable[..., Any])
_by_code: dict[int, tuple[CodeType, tuple[str, ...]]] = {}


def fingerprint(*parts: str) -> Callable[[Function], Function]:
    """Group the failures that pass through the decorated function by these parts; `{{ default }}` stands for the usual ones.

    An exception may carry its own in the attribute `errorkit_fingerprint`, which wins.
    """

    def decorate(function: Function) -> Function:
        code = unwrap(function).__code__
        # Kept together with the code object, so that its id stays its own.
        _by_code[id(code)] = (code, parts)
        return function

    return decorate


def fingerprint_of(
    outline: Outline, config: Config | None = None, request: Any = None
) -> tuple[str, tuple[str, ...]]:
    """Return the newest version, a colon and 40 hexadecimal digits, and the parts that it was made of.

    Parts come from the exception's attribute, else from a decorated function, else from ERRORKIT["FINGERPRINT"], called as
    `(exc, request)` for a text, a list of texts or None, else by the rule. Never raises.
    """
    version = newest_version()
    default = tuple(RULES[version](outline.links))
    custom = _custom(outline, config or get_config(), request)
    parts = tuple(_expanded(custom, default)) if custom else default
    return key_of(version, parts), parts


def newest_version() -> str:
    """Return the version that new reports get."""
    return next(reversed(RULES))


def key_of(version: str, parts: Iterable[str]) -> str:
    """Return the fingerprint that these parts have."""
    digest = hashlib.sha1("\n".join(parts).encode("utf-8", "replace"), usedforsecurity=False)
    return f"{version}:{digest.hexdigest()}"


def _custom(outline: Outline, config: Config, request: Any) -> Iterable[str] | None:
    exc = outline.raised.exc
    try:
        if own := getattr(exc, "errorkit_fingerprint", None):
            return [own] if isinstance(own, str) else list(own)
        if _by_code and (decorated := _decorated(outline.raised.calls)):
            return decorated
        if config.fingerprint:
            chosen = import_string(config.fingerprint)(exc, request)
            return [chosen] if isinstance(chosen, str) else list(chosen or ())
    except Exception:  # noqa: BLE001 - the host's code must not cost the report
        return None
    return None


def _decorated(calls: tuple[Call, ...]) -> tuple[str, ...] | None:
    for call in reversed(calls):
        if id(call.frame.f_code) in _by_code:
            return _by_code[id(call.frame.f_code)][1]
    return None


def _expanded(custom: Iterable[str], default: tuple[str, ...]) -> Iterator[str]:
    for part in list(custom)[:MOST_PARTS]:
        if part == DEFAULT:
            yield from default
        else:
            yield str(part)[:LONGEST_PART]
