"""Can the settings of the API and of the overview be used?"""

from collections.abc import Iterable
from typing import Any

from django.core.checks import ERROR, WARNING, CheckMessage
from django.utils.module_loading import import_string

from errorkit.conf import Config, get_config


def check_api(**_: Any) -> list[CheckMessage]:
    """E601: an authentication class of the API cannot be imported. The default is not tried: it would load REST framework."""
    paths = get_config().api_authentication
    if paths == Config().api_authentication:
        return []
    hint = "Nobody can use the API until this is mended."
    return _check_paths(paths, ERROR, key="API_AUTHENTICATION", hint=hint, code="errorkit.E601")


def check_counter(**_: Any) -> list[CheckMessage]:
    """W602: the callable that counts requests cannot be imported."""
    path = get_config().count_requests
    hint = "The overview has no error rate until this is mended."
    return _check_paths(
        [path] if path else [], WARNING, key="COUNT_REQUESTS", hint=hint, code="errorkit.W602"
    )


def _check_paths(
    paths: Iterable[str], level: int, *, key: str, hint: str, code: str
) -> list[CheckMessage]:
    found = []
    for path in paths:
        try:
            import_string(path)
        except ImportError as error:
            told = f"ERRORKIT[{key!r}] names {path!r}, which cannot be imported: {error}"
            found.append(CheckMessage(level, told, hint=hint, obj=key, id=code))
    return found
