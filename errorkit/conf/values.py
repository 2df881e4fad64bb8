"""How one value of a setting is read; a reader raises TypeError or ValueError whose text completes `ERRORKIT['KEY'] ...`."""

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

SOURCE_NAMES = {"{path}", "{line}", "{release}", "{module}"}
SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be True or False")
    return value


def text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("must be a text that is not empty")
    return value


def text_or_none(value: Any) -> str | None:
    return None if value is None else text(value)


def path_or_none(value: Any) -> str | None:
    return None if value is None else text(os.fspath(value))


def texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(item, str) for item in value):
        raise TypeError("must be a list of texts")
    return tuple(value)


def texts_or_none(value: Any) -> tuple[str, ...] | None:
    return None if value is None else texts(value)


def digests(value: Any) -> tuple[str, ...]:
    if not all(SHA256.fullmatch(item) for item in texts(value)):
        raise ValueError("must be a list of SHA-256 digests, 64 hexadecimal digits each")
    return tuple(item.lower() for item in value)


def seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise TypeError("must be a number of seconds above 0")
    return float(value)


def days(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 3650:
        raise TypeError("must be a number of days above 0, and 3650 at most")
    return float(value)


def days_or_none(value: Any) -> float | None:
    return None if value is None else days(value)


def source_url(value: Any) -> str | None:
    if value is None:
        return None
    template = text(value)
    if set(re.findall(r"{[^{}]*}|[{}]", template)) - SOURCE_NAMES:
        raise ValueError(f"must hold no braces but those of {', '.join(sorted(SOURCE_NAMES))}")
    if not template.startswith(("https://", "http://")) or "{path}" not in template:
        raise ValueError("must begin with https:// and hold {path}")
    return template


def choice(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return str(value)

    return read


def mapping(value: Any) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise TypeError("must be a dict")
    return value


def amount(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise TypeError("must hold numbers that are not negative")
    return value
