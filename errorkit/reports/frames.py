"""From live calls to frames: which are shown, their source lines, the text of their locals."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from inspect import CO_OPTIMIZED
from time import perf_counter

from errorkit.reports.outline import OLDEST, Call, Link
from errorkit.reports.parts import Frame
from errorkit.reports.scrubbing import Scrubber
from errorkit.reports.secrets import Secrets
from errorkit.reports.sensitive import sensitive_names
from errorkit.reports.sources import AROUND, EMPTY, Window, window_from, window_of

MOST_FRAMES = 60
OLDEST_SHOWN = 20
# Of calls that recur, this many of each are shown.
REPEATS_SHOWN = 3
MOST_LOCALS = 40
LOCALS_SECONDS = 0.05
LOCALS_CHARACTERS = 24_000
SOURCE_BYTES = 24_000
# What a local costs besides its text: name, quotes, commas.
LEAST_PER_LOCAL = 20
OMITTED = "<{} calls left out>"


class Budget:
    """How much the frames of one report may still cost."""

    __slots__ = ("deadline", "locals_left", "source_left")

    def __init__(self) -> None:
        self.deadline = perf_counter() + LOCALS_SECONDS
        self.locals_left = LOCALS_CHARACTERS
        self.source_left = SOURCE_BYTES

    @property
    def source_weight(self) -> int:
        """Return how many bytes the source lines take in JSON."""
        return SOURCE_BYTES - self.source_left


@dataclass(slots=True)
class Draft:
    """One frame before the scrub. `texts` are those of its locals by name, None where none are shown; `omitted` stands for calls left out."""

    call: Call | None = None
    window: Window = EMPTY
    omitted: int = 0
    texts: dict[str, str] | None = None


def draft_frames(link: Link, scope: str, scrubber: Scrubber, budget: Budget) -> list[Draft]:
    """Return the frames of one exception, oldest first; `scope` is LOCALS. The newest get the budget first."""
    hidden = sensitive_names(link.calls, scrubber.host) if scope != "off" else []
    drafts = []
    for position in reversed(list(_shown(link))):
        if position < 0:
            drafts.append(Draft(omitted=-position))
            continue
        call = link.calls[position]
        draft = Draft(call, _window(call, budget))
        # The locals of a template are those of Django's node, which say nothing.
        shown = scope == "all" or (scope == "app" and call.place.in_app)
        if shown and not call.place.is_template:
            _add_locals(draft, call, hidden[position], scrubber, budget)
        drafts.append(draft)
    drafts.reverse()
    return drafts


def _shown(link: Link) -> Iterator[int]:
    """Yield the positions of the calls that are shown, and, as negative numbers, how many were left out in between."""
    positions = _without_repeats(link.calls) if len(link.calls) > MOST_FRAMES else None
    if positions is None:
        yield from range(len(link.calls))
        return
    if len(positions) > MOST_FRAMES:
        positions = positions[:OLDEST_SHOWN] + positions[OLDEST_SHOWN - MOST_FRAMES :]
    expected = 0
    for position in positions:
        missing = position - expected
        if expected <= OLDEST <= position:
            missing += link.omitted
        if missing:
            yield -missing
        yield position
        expected = position + 1


def _without_repeats(calls: Sequence[Call]) -> list[int]:
    seen: dict[tuple[int, int], int] = {}
    kept = []
    for position, call in enumerate(calls):
        key = (id(call.place), call.lineno)
        seen[key] = seen.get(key, 0) + 1
        # The newest calls are shown even where they recur: that is where it ended.
        if seen[key] <= REPEATS_SHOWN or position >= len(calls) - REPEATS_SHOWN:
            kept.append(position)
    return kept


def _window(call: Call, budget: Budget) -> Window:
    around = AROUND if call.place.in_app and budget.source_left > 0 else 0
    window = window_of(call.place.abs_path, call.lineno, around, call.frame.f_globals)
    budget.source_left -= window.weight
    return window


def _add_locals(
    draft: Draft, call: Call, hidden: Container[str], scrubber: Scrubber, budget: Budget
) -> None:
    found = list(call.frame.f_locals.items())
    if not call.frame.f_code.co_flags & CO_OPTIMIZED:
        # Of a module or a class body; the names with underscores are Python's.
        found = [(name, value) for name, value in found if not name.startswith("__")]
    left = min(MOST_LOCALS, budget.locals_left // LEAST_PER_LOCAL)
    texts = scrubber.writer.write_locals(found[: max(left, 0)], hidden, budget.deadline)
    draft.texts = texts
    budget.locals_left -= sum(map(len, texts.values())) + LEAST_PER_LOCAL * len(texts)


def finished(draft: Draft, texts: Iterator[str] | None) -> Frame:
    """Return the frame of a draft; its locals are the scrubbed texts that come next, those of the draft where there are none."""
    call, window = draft.call, draft.window
    if call is None:
        left_out = OMITTED.format(draft.omitted)
        return Frame(filename="", module="", function=left_out, lineno=0, in_app=False)
    place, values = call.place, draft.texts
    if values and texts is not None:
        # The names come first in zip, which so takes no text too many.
        values = dict(zip(values, texts, strict=False))
    # By position, because by name it takes twice as long.
    return Frame(
        place.filename,
        place.module,
        place.function,
        call.lineno,
        place.in_app,
        place.abs_path,
        window.line,
        window.before,
        window.after,
        values,
    )


def hide_in_source(drafts: Sequence[Draft], secrets: Secrets) -> None:
    """Remove the secrets of this report from the source lines, where there are any."""
    windows = {id(draft.window): draft.window for draft in drafts}
    joined = "\x00".join([window.text for window in windows.values()])
    if secrets.hide(joined) is joined:
        return
    for draft in drafts:
        clean = secrets.hide(draft.window.text)
        draft.window = window_from(clean, len(draft.window.before))
