"""A report's exceptions as the page shows them: newest call first, the site's own frames open, the rest folded."""

from dataclasses import dataclass
from itertools import groupby

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from errorkit.admin.highlighting import highlight
from errorkit.admin.repository import source_url
from errorkit.reports.parts import Frame, RaisedException
from errorkit.reports.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One line of source, highlighted, and its number; `current` marks the one that was running."""

    number: int
    html: SafeString
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameView:
    """One call. `url` leads to the line in the repository, where that is known. `locals` are pairs of name and text, empty where none were kept or none may be seen."""

    filename: str
    function: str
    module: str
    lineno: int
    url: str
    in_app: bool
    open: bool
    lines: tuple[SourceLine, ...]
    locals: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Frames next to each other that are shown alike: folded together, or each on its own."""

    folded: bool
    frames: tuple[FrameView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionView:
    """One exception of the chain with the words that tie it to the one before."""

    type: str
    module: str
    message: str
    notes: tuple[str, ...]
    introduction: str
    runs: tuple[Run, ...]


def view_exceptions(report: Report, *, sensitive: bool) -> tuple[ExceptionView, ...]:
    """Return the chain, the raised exception first; locals only if `sensitive`."""
    return tuple(
        _view_exception(each, report.release, sensitive=sensitive) for each in report.exceptions
    )


def _view_exception(raised: RaisedException, release: str, *, sensitive: bool) -> ExceptionView:
    newest_first = raised.frames[::-1]
    folds = any(frame.in_app for frame in newest_first)
    # Where no frame is the site's own, the call that raised is the best there is to show.
    frames = [
        _view_frame(
            frame,
            url=source_url(frame, release),
            shown=frame.in_app if folds else index == 0,
            sensitive=sensitive,
        )
        for index, frame in enumerate(newest_first)
    ]
    runs = (
        Run(folded=not shown, frames=tuple(run))
        for shown, run in groupby(frames, key=lambda frame: frame.open)
    )
    return ExceptionView(
        type=raised.type,
        module=raised.module,
        message=raised.message,
        notes=tuple(raised.notes),
        introduction=_introduce(raised.relation),
        runs=tuple(runs),
    )


def _introduce(relation: str) -> str:
    return {
        "cause": _("Caused by"),
        "context": _("Raised while handling"),
        "member": _("Member of the group"),
    }.get(relation, "")


def _view_frame(frame: Frame, *, url: str, shown: bool, sensitive: bool) -> FrameView:
    return FrameView(
        filename=frame.filename,
        function=frame.function,
        module=frame.module,
        lineno=frame.lineno,
        url=url,
        in_app=frame.in_app,
        open=shown,
        lines=_source_of(frame),
        locals=tuple((frame.locals or {}).items()) if sensitive else (),
    )


def _source_of(frame: Frame) -> tuple[SourceLine, ...]:
    if not (frame.context_line or frame.pre_context or frame.post_context):
        return ()
    texts = (*frame.pre_context, frame.context_line, *frame.post_context)
    coloured = highlight(texts, frame.filename)
    first = frame.lineno - len(frame.pre_context)
    # Blank lines at both ends tell nothing.
    said = [
        place for place, text in enumerate(texts) if text.strip() or first + place == frame.lineno
    ]
    return tuple(
        SourceLine(
            number=first + place, html=coloured[place], current=first + place == frame.lineno
        )
        for place in range(said[0], said[-1] + 1)
    )
