"""The parts of a report while they wait for the scrub."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from errorkit.reports.frames import Budget, Draft, draft_frames, finished
from errorkit.reports.kinds import module_of, short_name
from errorkit.reports.messages import notes_of
from errorkit.reports.outline import Link
from errorkit.reports.parts import RaisedException
from errorkit.reports.scrubbing import Scrubber
from errorkit.reports.trimming import weight_of

# Of the causes' messages and of all notes.
LONGEST_REMARK = 1024
# Bytes of the name of a local, with quotes and commas.
BESIDES = 20


class Texts:
    """Texts that are handed in, cleaned in one pass for each kind, and handed out again in the same order.

    There are two kinds: `plain` ones may hold anything; the `written` ones were made by the scrubber's writer, which has noted what in them may
    have the looks of a secret. They are apart because a name such as Cookie among the plain ones would have the written ones searched too.
    """

    __slots__ = ("plain", "written")

    def __init__(self) -> None:
        self.plain: list[str] = []
        self.written: list[str] = []

    def clean(self, scrubber: Scrubber) -> "CleanTexts":
        """Return the texts without secrets, NUL and surrogates."""
        plain = scrubber.texts(self.plain)
        written = scrubber.texts(self.written, scrubber.writer.suspects)
        weight = weight_of(plain) + weight_of(written) + BESIDES * len(written)
        changed = None if written is self.written else iter(written)
        return CleanTexts(plain=iter(plain), written=changed, weight=weight)


@dataclass(slots=True, kw_only=True)
class CleanTexts:
    """Texts that can be taken; `written` is None where all of those were clean. `weight`: about their bytes in JSON."""

    plain: Iterator[str]
    written: Iterator[str] | None
    weight: int

    def take(self, number: int) -> list[str]:
        """Return the next plain texts."""
        return list(islice(self.plain, number))


@dataclass(slots=True)
class RaisedDraft:
    """One exception before the scrub; `remarks` are its message, subtype and notes."""

    link: Link
    remarks: tuple[str, ...]
    frames: list[Draft]

    def put_into(self, texts: Texts) -> None:
        """Hand in what has to be scrubbed."""
        texts.plain.extend(self.remarks)
        for frame in self.frames:
            if frame.texts:
                texts.written.extend(frame.texts.values())

    def finished(self, texts: CleanTexts) -> RaisedException:
        """Return the exception with the scrubbed texts that come next."""
        message, subtype, *notes = texts.take(len(self.remarks))
        cls = type(self.link.exc)
        return RaisedException(
            type=short_name(cls)[:200],
            module=module_of(cls)[:200],
            message=message,
            subtype=subtype,
            relation=self.link.relation,
            parent=self.link.parent,
            notes=tuple(notes),
            frames=tuple([finished(frame, texts.written) for frame in self.frames]),
        )


def draft_of(link: Link, scope: str, scrubber: Scrubber, budget: Budget) -> RaisedDraft:
    """Return the draft of one exception; `scope` is the setting LOCALS."""
    message = link.message if link.parent is None else link.message[:LONGEST_REMARK]
    notes = [note[:LONGEST_REMARK] for note in notes_of(link.exc)]
    return RaisedDraft(
        link, (message, link.subtype, *notes), draft_frames(link, scope, scrubber, budget)
    )
