"""Secrets that are known by their looks, found in running text in linear time.

Every pattern has hints: fixed texts without which it cannot match. Looking for those first is what makes the scrub cheap, because nearly
every text has none. Every repetition is bounded, and no pattern matches NUL, so that many texts can be scrubbed in one pass, joined by NUL.
"""

import re
from dataclasses import dataclass

from errorkit.reports import assignments, cards

MASK = "[redacted]"


@dataclass(frozen=True, slots=True)
class Pattern:
    """`hints`: one of them is in every text that the expression matches; the replacement is a template of `re.sub`."""

    hints: tuple[str, ...]
    expression: re.Pattern[str]
    replacement: str = MASK


def _forge(hint: str, rest: str) -> Pattern:
    return Pattern((hint,), re.compile(rf"(?<![A-Za-z0-9]){re.escape(hint)}{rest}"))


PATTERNS = (
    # A JSON web token, or another base64 text of a JSON object.
    Pattern(("eyJ",), re.compile(r"\beyJ[\w-]{6,4096}(?:\.[\w-]{0,8192}){0,4}")),
    Pattern(
        ("PRIVATE KEY",),
        re.compile(
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----"
            r"(?:[^\x00-]{0,16384}(?:-----END [A-Z ]{0,60}-----)?)"
        ),
    ),
    # User and password of a URL, also where the text was cut before the @; a Sentry DSN is one too.
    Pattern(
        ("://",),
        re.compile(
            r"://(?:[^\s/@:\x00'\"<>]{0,256}+:(?:"
            r"(?:[^\s/@\x00'\"<>…]{0,512}+@){1,8}"
            # A slash in a password ought to be escaped, but often is not; after a port it begins the path.
            r"|(?!\d{1,5}/)[^\s@\x00'\"<>]{0,512}+@"
            r"|[^\s/@\x00'\"<>…]{0,512}+(?=['\"]?…))"
            r"|[^\s/@:\x00'\"<>?#]{1,256}+@)"
        ),
        f"://{MASK}@",
    ),
    Pattern(
        ("earer ", "asic ", "EARER ", "ASIC "),
        re.compile(r"\b([Bb]earer|BEARER|[Bb]asic|BASIC) {1,4}[\w.~+/-]{6,8192}={0,2}"),
        rf"\1 {MASK}",
    ),
    _forge("AKIA", r"[0-9A-Z]{12,20}"),
    _forge("ASIA", r"[0-9A-Z]{12,20}"),
    _forge("AIza", r"[\w-]{30,40}"),
    Pattern(
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        re.compile(r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{16,255}"),
    ),
    _forge("github_pat_", r"\w{20,255}"),
    _forge("glpat-", r"[\w-]{16,64}"),
    Pattern(("xox",), re.compile(r"(?<![A-Za-z0-9])xox[abeoprs]-[\w-]{8,255}")),
    _forge("hooks.slack.com/services/", r"[\w/]{8,255}"),
    Pattern(
        ("_live_", "_test_"),
        re.compile(r"(?<![A-Za-z0-9])[sprk]k_(?:live|test)_[A-Za-z0-9]{8,255}"),
    ),
    _forge("whsec_", r"[\w+/=]{16,255}"),
    _forge("SG.", r"[\w-]{16,64}\.[\w-]{16,64}"),
    Pattern(("sk-",), re.compile(r"(?<![A-Za-z0-9])sk-[\w-]{20,255}")),
    _forge("npm_", r"[A-Za-z0-9]{30,64}"),
    _forge("pypi-AgE", r"[\w-]{20,512}"),
    _forge("hf_", r"[A-Za-z0-9]{30,64}"),
    _forge("dop_v1_", r"[a-f0-9]{32,128}"),
    _forge("ya29.", r"[\w-]{20,512}"),
)
# Flat, because every report goes through it.
HINTED = tuple((hint, pattern) for pattern in PATTERNS for hint in pattern.hints)


def hide_patterns(
    text: str,
    extra: tuple[re.Pattern[str], ...] = (),
    *,
    sample: str | None = None,
    source: bool = False,
) -> str:
    """Return the text without what looks like a secret; the very same object if there is none.

    `sample` holds whatever in the text may match; where most of the text is known to be harmless, looking for the hints there is
    much cheaper. `source` says that the text is program code.
    """
    hinted = text if sample is None else sample
    for hint, pattern in HINTED:
        if hint in hinted:
            text = pattern.expression.sub(pattern.replacement, text)
    if assignments.may_match(hinted):
        text = _masked(text, assignments.spans(text, quoted_only=source))
    if cards.may_match(hinted):
        text = _masked(text, cards.spans(text))
    for expression in extra:
        text = expression.sub(MASK, text)
    return text


def _masked(text: str, spans: list[tuple[int, int]]) -> str:
    if not spans:
        return text
    pieces: list[str] = []
    end = 0
    for start, stop in sorted(spans):
        if start >= end:
            pieces += (text[end:start], MASK)
        end = max(end, stop)
    return "".join([*pieces, text[end:]])
