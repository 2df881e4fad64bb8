"""Source lines around a line of a file, read once and kept without the secrets that stand in the code."""

import json
import linecache
from dataclasses import dataclass
from typing import Any

from errorkit.reports.patterns import hide_patterns

MEMO_SIZE = 1024
# Lines on each side of a line of the site's own code; of a library's only the line itself is shown.
AROUND = 5
LONGEST_LINE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The lines before, the line, the lines after. `text` is all of it, for the scrub by value; `weight` are its bytes in JSON."""

    before: tuple[str, ...] = ()
    line: str = ""
    after: tuple[str, ...] = ()
    text: str = ""
    weight: int = 0


EMPTY = Window()
_memo: dict[tuple[str, int, int], Window] = {}


def window_of(filename: str, lineno: int, around: int, module_globals: dict[str, Any]) -> Window:
    """Return line `lineno` and up to `around` lines on each side of it, empty where there is no source."""
    key = (filename, lineno, around)
    window = _memo.get(key)
    if window is None:
        if len(_memo) >= MEMO_SIZE:
            _memo.clear()
        window = _memo[key] = _read(filename, lineno, around, module_globals)
    return window


def _read(filename: str, lineno: int, around: int, module_globals: dict[str, Any]) -> Window:
    try:
        lines = linecache.getlines(filename, module_globals)
    except Exception:  # noqa: BLE001 - a loader of the host's may fail in any way
        return EMPTY
    if not 0 < lineno <= len(lines):
        return EMPTY
    start = max(0, lineno - 1 - around)
    text = "\n".join([_line(line) for line in lines[start : lineno + around]])
    return window_from(hide_patterns(text, source=True), lineno - 1 - start)


def window_from(text: str, position: int) -> Window:
    """Return the window of lines joined by newlines, of which the one at `position` is meant."""
    lines = text.split("\n")
    return Window(
        before=tuple(lines[:position]),
        line=lines[position] if position < len(lines) else "",
        after=tuple(lines[position + 1 :]),
        text=text,
        weight=len(json.dumps(text)) + 3 * len(lines),
    )


def _line(line: str) -> str:
    line = line.rstrip("\r\n")[:LONGEST_LINE].replace("\x00", "\ufffd")
    return line if line.isascii() else line.encode("utf-8", "replace").decode()
