"""Build a report from an outline: pure, bounded, never raises, never runs the host's SQL."""

import logging
import platform
import socket
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from errorkit.conf import Config, get_config
from errorkit.reports.breadcrumbs import current_trail
from errorkit.reports.context import current_context, current_tags
from errorkit.reports.drafts import Texts, draft_of
from errorkit.reports.families import family_of
from errorkit.reports.frames import Budget, hide_in_source
from errorkit.reports.hostfilter import host_filter_of
from errorkit.reports.identity import make_occurrence_id
from errorkit.reports.kinds import short_name
from errorkit.reports.machine import machine
from errorkit.reports.outline import Outline
from errorkit.reports.parts import RequestSnapshot
from errorkit.reports.people import user_of
from errorkit.reports.report import Kind, Level, Report
from errorkit.reports.request import briefly, learn_from, snapshot, texts_of, trace_of, with_texts
from errorkit.reports.scrubbing import Scrubber
from errorkit.reports.trimming import fitted

LONGEST_TITLE = 255
LONGEST_TAG = 200
PAYLOAD_BYTES = 64 * 1024
RUNTIME = f"{platform.python_implementation()} {platform.python_version()}"

logger = logging.getLogger("errorkit")


def build_report(
    outline: Outline,
    *,
    fingerprint: str,
    parts: tuple[str, ...],
    kind: Kind,
    full: bool,
    request: Any = None,
    status: int | None = None,
    request_id: str = "",
    level: Level = "error",
    handled: bool = False,
    context: Mapping[str, Any] | None = None,
    config: Config | None = None,
) -> Report:
    """Return the report of a failure; never raises.

    A light one (`full` false) has title, place, ids, status, user, method, route and path only. A full one takes at most 50 ms for its locals
    and 64 KiB as JSON. The same failure built twice gives two ids.
    """
    config = config or get_config()
    facts: dict[str, Any] = {
        "id": make_occurrence_id(),
        "occurred_at": datetime.now(UTC),
        "kind": kind,
        "fingerprint": fingerprint,
        "environment": config.environment,
        "release": config.release or "",
        "server": _server(),
        "runtime": RUNTIME,
        "full": full,
        "level": level,
        "handled": handled,
        "status": status,
        "request_id": request_id,
        "family": family_of(outline),
    }
    try:
        facts.update(_who(request))
        if not full:
            return _light(outline, facts, request, config)
        return _full(outline, facts, parts, request, context, config)
    except Exception:
        logger.exception("errorkit could not build a whole report; it is stored without details")
        facts["full"] = False
        return Report(
            **facts, title=short_name(type(outline.raised.exc))[:LONGEST_TITLE], location=""
        )


@lru_cache(maxsize=1)
def _server() -> str:
    return socket.gethostname()[:128]


def _who(request: Any) -> dict[str, str]:
    if request is None:
        return {}
    user_id, user_label = user_of(request)
    trace_id, span_id = trace_of(request)
    return {
        "user_id": user_id,
        "user_label": user_label,
        "trace_id": trace_id,
        "span_id": span_id,
    }


def title_of(outline: Outline) -> str:
    """Return `Type: first line of the message`, not yet scrubbed."""
    raised = outline.raised
    name = short_name(type(raised.exc))
    line = raised.message.strip().partition("\n")[0].strip()
    return f"{name}: {line}"[: LONGEST_TITLE * 2] if line else name


def location_of(outline: Outline) -> str:
    """Return `module.function` of the innermost call of the site's own, else of the innermost call."""
    calls = outline.raised.calls
    innermost = next((call for call in reversed(calls) if call.place.in_app), None)
    innermost = innermost or next(reversed(calls), None)
    return innermost.place.key[:LONGEST_TITLE] if innermost else ""


def _light(outline: Outline, facts: dict[str, Any], request: Any, config: Config) -> Report:
    scrubber = Scrubber(config, host=host_filter_of(request))
    texts = [title_of(outline), location_of(outline), facts.get("user_label", "")]
    if request is not None:
        learn_from(request, scrubber)
        texts += briefly(request)
    title, facts["location"], facts["user_label"], *asked = scrubber.texts(texts)
    if asked:
        method, path, route = asked
        facts["request"] = RequestSnapshot(method=method, path=path, route=route)
    return Report(**facts, title=title[:LONGEST_TITLE])


def _full(
    outline: Outline,
    facts: dict[str, Any],
    parts: tuple[str, ...],
    request: Any,
    context: Mapping[str, Any] | None,
    config: Config,
) -> Report:
    # First everything is looked at, so that every secret is known; then all texts are cleaned in one pass; then they are put in their places.
    scrubber, budget = Scrubber(config, host=host_filter_of(request)), Budget()
    draft = None if request is None else snapshot(request, scrubber)
    added = scrubber.plain({**current_context(), **(context or {})})
    chain = [draft_of(link, config.locals, scrubber, budget) for link in outline.links]
    texts, slots = Texts(), _slots(outline, facts, parts, draft)
    for given in slots.values():
        texts.plain.extend(given)
    for raised in chain:
        raised.put_into(texts)
    clean = texts.clean(scrubber)
    hide_in_source([frame for raised in chain for frame in raised.frames], scrubber.secrets)
    found = {name: clean.take(len(given)) for name, given in slots.items()}
    title, facts["location"], facts["user_label"] = found["head"]
    facts["fingerprint_parts"] = tuple(found["parts"])
    facts["tags"] = _tags(found["tags"], found["values"])
    facts["request"] = with_texts(draft, found["request"]) if draft else None
    facts["exceptions"] = tuple([raised.finished(clean) for raised in chain])
    facts["context"] = _context(scrubber.tree(added), found["log"])
    weight = clean.weight + budget.source_weight + len(repr(facts["context"]))
    return fitted(Report(**facts, title=title[:LONGEST_TITLE]), PAYLOAD_BYTES, weight=weight)


def _slots(
    outline: Outline,
    facts: dict[str, Any],
    parts: tuple[str, ...],
    draft: RequestSnapshot | None,
) -> dict[str, Collection[str]]:
    """Return the texts of a report by where they belong, in the order in which they are cleaned."""
    tags = current_tags()
    return {
        "head": (title_of(outline), location_of(outline), facts.get("user_label", "")),
        "parts": parts,
        "tags": tags.keys(),
        "values": tags.values(),
        "log": current_trail(),
        "request": texts_of(draft) if draft else (),
    }


def _context(given: dict[str, Any], log: list[str]) -> dict[str, Any]:
    # What we say of the machine are numbers: there is nothing in it to clean.
    return {"machine": machine(), **given, **({"log": log} if log else {})}


def _tags(names: Iterable[str], values: Iterable[str]) -> dict[str, str]:
    return {name[:64]: value[:LONGEST_TAG] for name, value in zip(names, values, strict=True)}
