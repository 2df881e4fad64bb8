"""The parts of a report, and how each is written as JSON and read back.

They are tuples, as is the report: all that a failing request makes of itself is frozen, and a frozen dataclass takes three times as long to make.
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Literal, NamedTuple

# Nothing in a report holds itself: `plain` makes every container anew, and ends at a depth.
encode = json.JSONEncoder(
    ensure_ascii=True, allow_nan=False, check_circular=False, separators=(",", ":")
).encode

Relation = Literal["raised", "cause", "context", "member"]


class Frame(NamedTuple):
    """One call of a traceback. `locals` maps a name to its bounded, scrubbed text."""

    filename: str
    module: str
    function: str
    lineno: int
    in_app: bool
    abs_path: str = ""
    context_line: str = ""
    pre_context: tuple[str, ...] = ()
    post_context: tuple[str, ...] = ()
    locals: dict[str, str] | None = None


class RaisedException(NamedTuple):
    """One exception of a chain. Frames run from the oldest call to the one that raised.

    `subtype` is what is known of a database, HTTP or system failure (`subtypes.py`).
    """

    type: str
    module: str
    message: str
    subtype: str = ""
    relation: Relation = "raised"
    parent: int | None = None
    notes: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()


class RequestSnapshot(NamedTuple):
    """What was asked, scrubbed. `route` is the URL pattern, `path` is what was typed."""

    method: str
    path: str
    route: str = ""
    query: str = ""
    scheme: str = ""
    host: str = ""
    remote: str = ""
    headers: dict[str, str] = {}
    body: Any = None


FRAME_MEMBERS = Frame._fields
EXCEPTION_MEMBERS = RaisedException._fields
REQUEST_MEMBERS = RequestSnapshot._fields


def object_with(name: str, value: str, plain: dict[str, Any]) -> str:
    """Return a JSON object, one member of which is JSON already."""
    del plain[name]
    return f'{encode(plain)[:-1]},"{name}":{value}}}'


def exceptions_to_json(chain: Iterable[RaisedException]) -> str:
    """Return the chain as a JSON array."""
    literals = Literals()
    return f"[{','.join([_exception_to_json(raised, literals) for raised in chain])}]"


class Literals(dict[str, str]):
    """A memo of texts as JSON: what is handed from call to call comes again and again."""

    def __missing__(self, text: str) -> str:
        literal = self[text] = quoted(text)
        return literal


def _exception_to_json(raised: RaisedException, literals: Literals) -> str:
    frames = ",".join([_frame_to_json(frame, literals) for frame in raised.frames])
    return object_with("frames", f"[{frames}]", raised._asdict())


def _frame_to_json(frame: Frame, literals: Literals) -> str:
    try:
        return f"{_start_of(frame[:-1])}{_locals_to_json(frame.locals, literals)}}}"
    except (AttributeError, TypeError):
        # One that a newer version wrote may hold something else than texts.
        return encode(frame._asdict())


@lru_cache(maxsize=256)
def _start_of(constant: tuple[Any, ...]) -> str:
    """Return the frame up to its locals, which is the same whenever this line fails; most of a report is made of that."""
    return f'{encode(dict(zip(FRAME_MEMBERS, constant, strict=False)))[:-1]},"locals":'


def _locals_to_json(texts: dict[str, str] | None, literals: Literals) -> str:
    if texts is None:
        return "null"
    pairs = [f"{literals[name]}:{literals[text]}" for name, text in texts.items()]
    return f"{{{','.join(pairs)}}}"


def exception_from(data: dict[str, Any]) -> RaisedException:
    """Return the exception that the dict describes; raises AttributeError, KeyError or TypeError if it is none."""
    values = known(data, EXCEPTION_MEMBERS)
    values["notes"] = tuple(data.get("notes") or ())
    values["frames"] = tuple(map(_frame_from, data.get("frames") or ()))
    return RaisedException(**values)


def _frame_from(data: dict[str, Any]) -> Frame:
    values = known(data, FRAME_MEMBERS)
    values["pre_context"] = tuple(data.get("pre_context") or ())
    values["post_context"] = tuple(data.get("post_context") or ())
    return Frame(**values)


def known(data: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return the members that this version knows."""
    return {name: data[name] for name in names if name in data}
