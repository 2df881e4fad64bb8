"""Make a report fit into a number of bytes, giving up first what tells least."""

from collections.abc import Callable, Collection

from errorkit.reports.parts import Frame, RaisedException
from errorkit.reports.report import Report

# Names, quotes and commas of one frame, and of all the rest.
FRAME_BYTES = 260
# A letter is at most this many bytes in ASCII JSON, as an escaped pair of surrogates.
WIDEST = 12
OTHER_BYTES = 4096
ENDS_KEPT = 5


def fitted(report: Report, limit: int, *, weight: int) -> Report:
    """Return the report, shortened step by step until its JSON has at most `limit` bytes; `weight` is that of its texts.

    The steps: source lines around library calls, locals of all but the newest calls, all source lines, all locals, calls in the middle, context.
    """
    frames = sum([len(raised.frames) for raised in report.exceptions])
    if weight + frames * FRAME_BYTES + OTHER_BYTES <= limit:
        return report
    for step in STEPS:
        if len(report.to_json()) <= limit:
            break
        report = step(report)
    return report


def weight_of(texts: Collection[str]) -> int:
    """Return about how many bytes the texts take in JSON, rather too many than too few."""
    characters = sum(map(len, texts))
    # Quotes and newlines take two bytes; a tenth is more than they take in practice, and an error here only costs some bytes.
    return characters * 11 // 10 if "".join(texts).isascii() else characters * WIDEST


def _each_frame(change: Callable[[Frame], Frame]) -> Callable[[Report], Report]:
    def step(report: Report) -> Report:
        return _each_exception(
            report, lambda raised: raised._replace(frames=tuple(map(change, raised.frames)))
        )

    return step


def _each_exception(report: Report, change: Callable[[RaisedException], RaisedException]) -> Report:
    return report._replace(exceptions=tuple(map(change, report.exceptions)))


def _without_source(frame: Frame) -> Frame:
    return frame._replace(pre_context=(), post_context=())


def _without_old_locals(report: Report) -> Report:
    def change(raised: RaisedException) -> RaisedException:
        old = [frame._replace(locals=None) for frame in raised.frames[:-ENDS_KEPT]]
        return raised._replace(frames=(*old, *raised.frames[-ENDS_KEPT:]))

    return _each_exception(report, change)


def _ends_only(raised: RaisedException) -> RaisedException:
    frames = raised.frames
    if len(frames) <= 2 * ENDS_KEPT:
        return raised
    return raised._replace(frames=frames[:ENDS_KEPT] + frames[-ENDS_KEPT:])


def _short_texts(report: Report) -> Report:
    short = _each_exception(
        report, lambda raised: raised._replace(message=raised.message[:1024], notes=())
    )
    return short._replace(context={})


STEPS: tuple[Callable[[Report], Report], ...] = (
    _each_frame(lambda frame: frame if frame.in_app else _without_source(frame)),
    _without_old_locals,
    _each_frame(_without_source),
    _each_frame(lambda frame: frame._replace(locals=None)),
    lambda report: _each_exception(report, _ends_only),
    _short_texts,
)
