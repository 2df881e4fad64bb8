"""What Sentry itself says of an event: the reader that stands in front of every Sentry, run here."""

from typing import Any

from sentry_relay.processing import StoreNormalizer


def complaints(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what Relay finds wrong with an event: members that it does not know, values that it drops or cuts."""
    read = StoreNormalizer(project_id=1).normalize_event(event)
    return [*(read.get("errors") or ()), *_remarks(read.get("_meta") or {})]


def _remarks(meta: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each remark of the tree beside the event, under the path that it is about."""
    return [{"path": path, "remark": remark} for path, remark in _walk(meta, ())]


def _walk(node: Any, path: tuple[str, ...]) -> Any:
    for name, child in node.items() if isinstance(node, dict) else ():
        if name == "":
            yield ".".join(path), child
        else:
            yield from _walk(child, (*path, name))
