"""What the site adds to the reports of the current request: `set_context`, `set_tag`."""

from collections.abc import Mapping
from typing import Any

from errorkit.reports.scope import current_scope, put

MOST = 50


def set_context(name: str, value: Any) -> None:
    """Add a value to the reports of this request or task; it is scrubbed when a report is made, at most 50 are kept."""
    scope = current_scope()
    if name in scope.context or len(scope.context) < MOST:
        put(scope._replace(context={**scope.context, name: value}))


def set_tag(name: str, value: object) -> None:
    """Add a short searchable text to the reports of this request or task; at most 50 are kept."""
    scope = current_scope()
    if name in scope.tags or len(scope.tags) < MOST:
        text = value if isinstance(value, str) else str(value)
        put(scope._replace(tags={**scope.tags, name: text}))


def current_context() -> Mapping[str, Any]:
    """Return what `set_context` has collected; do not change it."""
    return current_scope().context


def current_tags() -> Mapping[str, str]:
    """Return what `set_tag` has collected; do not change it."""
    return current_scope().tags
