"""The last rung: one line on stderr, from which `errorkit_drain` can read the failure back."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from errorkit.models import Occurrence
from errorkit.storage.rows import pack, unpack

MARK = "errorkit-report "
# A single write of up to 4,096 bytes to a pipe is not mixed with those of other processes (POSIX, PIPE_BUF).
LIMIT = 4_000
STDERR = 2
PROSE = frozenset({"title", "location", "route", "path", "user_label", "release", "server"})


def say(columns: Mapping[str, Any]) -> None:
    """Write the row, without its payload, in one write."""
    os.write(STDERR, line_of(columns))


def line_of(columns: Mapping[str, Any]) -> bytes:
    """Return the line; texts for people are cut until it fits."""
    line = b""
    for longest in (512, 120, 20):
        short = {name: str(columns[name])[:longest] for name in PROSE & columns.keys()}
        line = f"{MARK}{pack({**columns, **short, 'full': False})}\n".encode("ascii")
        if len(line) <= LIMIT:
            break
    return line


def read(lines: Iterable[str]) -> Iterator[Occurrence]:
    """Return the rows found in a log, whatever it puts in front of each line; other lines are passed over."""
    for line in lines:
        _, found, text = line.partition(MARK)
        if not found:
            continue
        try:
            plain, _ = json.JSONDecoder().raw_decode(text)
            yield unpack(json.dumps(plain))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
