"""The fingerprint that a stored report would have under another version, or another IN_APP."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from errorkit.conf import InApp
from errorkit.reports.fingerprints import RULES, key_of
from errorkit.reports.parts import Frame, RaisedException, Relation
from errorkit.reports.places import Place, describe, was_stdlib
from errorkit.reports.report import Report
from errorkit.reports.templates import MODULE, template_place

UNMARKED = InApp()


@dataclass(frozen=True, slots=True)
class StoredCall:
    """One frame of a stored report, as a rule looks at it."""

    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLink:
    """One exception of a stored report, as a rule looks at it."""

    type_name: str
    subtype: str
    relation: Relation
    parent: int | None
    message: str
    calls: tuple[StoredCall, ...]

    @property
    def recurs(self) -> bool:
        """Return whether the calls went too deep."""
        return self.type_name == "RecursionError"


def fingerprint_under(report: Report, version: str, rule: InApp | None = None) -> str | None:
    """Return the fingerprint of a stored report under a version, and under the rule for what is in the app if one is given.

    None where the report does not tell: it was cut, or scrubbed in what its own fingerprint was made of. What the site has
    chosen by itself stays as chosen; only `{{ default }}` in it changes.
    """
    own, _, _ = report.fingerprint.partition(":")
    chosen = report.fingerprint_parts
    if not chosen or own not in RULES or key_of(own, chosen) != report.fingerprint:
        return None
    before = tuple(RULES[own](_links(report, None)))
    at = _find(before, chosen)
    if at is not None:
        after = tuple(RULES[version](_links(report, rule)))
        return key_of(version, (*chosen[:at], *after, *chosen[at + len(before) :]))
    # A choice of the site's own, unless it begins as the rules do.
    return None if chosen[0].startswith("type ") else key_of(version, chosen)


def _find(wanted: tuple[str, ...], parts: tuple[str, ...]) -> int | None:
    starts = range(len(parts) - len(wanted) + 1)
    return next((at for at in starts if parts[at : at + len(wanted)] == wanted), None)


def _links(report: Report, rule: InApp | None) -> Sequence[StoredLink]:
    return [_link(raised, rule) for raised in report.exceptions]


def _link(raised: RaisedException, rule: InApp | None) -> StoredLink:
    return StoredLink(
        type_name=f"{raised.module}.{raised.type}" if raised.module else raised.type,
        subtype=raised.subtype,
        relation=raised.relation,
        parent=raised.parent,
        message=raised.message,
        # Calls that were left out have no file.
        calls=tuple([StoredCall(_place(each, rule)) for each in raised.frames if each.module]),
    )


def _place(frame: Frame, rule: InApp | None) -> Place:
    if frame.module == MODULE:
        place = template_place(frame.function, frame.abs_path, rule or UNMARKED)
    else:
        stdlib = was_stdlib(frame.abs_path)
        place = describe(
            frame.module, frame.function, frame.abs_path, rule or UNMARKED, stdlib=stdlib
        )
    return place if rule else replace(place, in_app=frame.in_app)
