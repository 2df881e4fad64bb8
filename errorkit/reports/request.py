"""What was asked, read without waking anything: no body, no session, no lazy user, no host check."""

import re
from typing import Any
from urllib.parse import unquote_plus

from errorkit.conf import get_config
from errorkit.reports.addresses import truncated
from errorkit.reports.headers import LONGEST_VALUE, header_name, hidden_by_host, shown_headers
from errorkit.reports.hostfilter import EVERYTHING
from errorkit.reports.kinds import Shape, kind_of
from errorkit.reports.names import HIDE_AND_LEARN, Names
from errorkit.reports.parts import RequestSnapshot
from errorkit.reports.patterns import MASK
from errorkit.reports.scrubbing import Scrubber

LONGEST_PATH = 2048
MOST_FIELDS = 200
SHORTEST_COOKIE = 16
# traceparent, version 00 and later (W3C Trace Context, section 3.2).
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")


def snapshot(request: Any, scrubber: Scrubber | None = None) -> RequestSnapshot:
    """Return what was asked, scrubbed.

    With the `scrubber` of a report, only what has a secret name is hidden; the texts are left to the report's one pass.
    """
    own = scrubber or Scrubber(get_config())
    meta = _meta_of(request)
    learn_from(request, own)
    draft = RequestSnapshot(
        method=_text(meta.get("REQUEST_METHOD"), 16),
        path=_path_of(request),
        route=_route_of(request),
        query=_query(_text(meta.get("QUERY_STRING"), LONGEST_PATH), own.names),
        scheme="https" if _is_secure(request) else "http",
        host=_text(meta.get("HTTP_HOST") or meta.get("SERVER_NAME"), 256),
        remote=truncated(_text(meta.get("REMOTE_ADDR"), 64)),
        headers=dict(shown_headers(meta, own.names, hidden_by_host(meta, own))),
    )
    return draft if scrubber else with_texts(draft, own.texts(texts_of(draft)))


def briefly(request: Any) -> tuple[str, str, str]:
    """Return method, path and route, not scrubbed."""
    method = _text(_meta_of(request).get("REQUEST_METHOD"), 16)
    return method, _path_of(request), _route_of(request)


def texts_of(draft: RequestSnapshot) -> list[str]:
    """Return the texts of a snapshot that have to be scrubbed."""
    return [
        draft.method,
        draft.path,
        draft.route,
        draft.query,
        draft.host,
        draft.remote,
        *draft.headers,
        *draft.headers.values(),
    ]


def with_texts(draft: RequestSnapshot, texts: list[str]) -> RequestSnapshot:
    """Return the snapshot with its texts, in the order of `texts_of`, replaced."""
    method, path, route, query, host, remote, *rest = texts
    half = len(draft.headers)
    return RequestSnapshot(
        method=method,
        path=path,
        route=route,
        query=query,
        scheme=draft.scheme,
        host=host,
        remote=remote,
        headers=dict(zip(rest[:half], rest[half:], strict=True)),
        body=draft.body,
    )


def trace_of(request: Any) -> tuple[str, str]:
    """Return the trace id and the span id of the `traceparent` header, or two empty texts."""
    match = TRACEPARENT.fullmatch(_text(_meta_of(request).get("HTTP_TRACEPARENT"), 256))
    if match is None or not match[1].strip("0") or not match[2].strip("0"):
        return "", ""
    return match[1], match[2]


def members_of(request: Any) -> dict[str, Any]:
    """Return the instance attributes of the Django request behind any wrapper, such as that of REST framework."""
    members: dict[str, Any] = getattr(request, "__dict__", None) or {}
    inner = members.get("_request")
    return members if inner is None else getattr(inner, "__dict__", None) or {}


def _meta_of(request: Any) -> dict[str, Any]:
    meta = members_of(request).get("META")
    return meta if isinstance(meta, dict) else {}


def _text(value: Any, limit: int) -> str:
    return value[:limit] if type(value) is str else ""


def _path_of(request: Any) -> str:
    return _text(members_of(request).get("path"), LONGEST_PATH)


def _route_of(request: Any) -> str:
    match = members_of(request).get("resolver_match")
    return _text(getattr(match, "route", ""), LONGEST_VALUE)


def _is_secure(request: Any) -> bool:
    try:
        return bool(request.is_secure())
    except Exception:  # noqa: BLE001 - a wrong SECURE_PROXY_SSL_HEADER raises here
        return False


def _query(query: str, names: Names) -> str:
    if not query:
        return ""
    return "&".join([_parameter(each, names) for each in query.split("&")[:MOST_FIELDS]])


def _parameter(text: str, names: Names) -> str:
    name, equals, _ = text.partition("=")
    return f"{name}={MASK}" if equals and names[unquote_plus(name)] else text


def learn_from(request: Any, scrubber: Scrubber) -> None:
    """Learn the secrets of headers, cookies, query, URL arguments, and of a form that has been parsed already."""
    members, names = members_of(request), scrubber.names
    meta = _meta_of(request)
    hidden = hidden_by_host(meta, scrubber)
    for key, value in list(meta.items()):
        if type(key) is not str or not key.startswith("HTTP_"):
            continue
        if names[header_name(key)] or (hidden is not EVERYTHING and key in hidden):
            _learn_header(key, value, scrubber)
    for text in _text(meta.get("QUERY_STRING"), LONGEST_PATH).split("&")[:MOST_FIELDS]:
        name, _, value = text.partition("=")
        if value and names[unquote_plus(name)] == HIDE_AND_LEARN:
            scrubber.secrets.learn(unquote_plus(value))
    sensitive = members.get("sensitive_post_parameters", ())
    form = members.get("_post")
    _learn_fields(form, sensitive, scrubber)
    if scrubber.host is not None and form:
        _learn_fields(form, scrubber.host.hidden_fields(form), scrubber)
    _learn_fields(getattr(members.get("resolver_match"), "kwargs", None), (), scrubber)


def _learn_header(key: str, value: Any, scrubber: Scrubber) -> None:
    if key != "HTTP_COOKIE":
        scrubber.secrets.learn(value)
        return
    for cookie in _text(value, 8192).split(";")[:MOST_FIELDS]:
        name, _, text = cookie.strip().partition("=")
        # A short value of a harmless name is a preference, such as a language or a colour.
        if scrubber.names[name] == HIDE_AND_LEARN or len(text) >= SHORTEST_COOKIE:
            scrubber.secrets.learn(text.strip('"'))


def _learn_fields(fields: Any, sensitive: Any, scrubber: Scrubber) -> None:
    if fields is None or kind_of(type(fields)).shape is not Shape.MAPPING:
        return
    for name, value in list(dict.items(fields))[:MOST_FIELDS]:
        marked = sensitive == "__ALL__" or name in sensitive
        if type(name) is str and (marked or scrubber.names[name] == HIDE_AND_LEARN):
            scrubber.secrets.learn(value)
