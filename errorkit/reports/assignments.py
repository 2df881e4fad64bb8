"""Find `password=...`, `"token": "..."`, `Authorization: Bearer ...` in running text."""

import re

STEMS = (
    "passw",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "api_key",
    "api-key",
    "apikey",
    "accesskey",
    "access_key",
    "private_key",
    "authorization",
    "cookie",
    "sessionid",
    "credential",
    "cvv",
    "cvc",
    "card_number",
)

# What follows the stem: the rest of the name, a separator, and a value that is quoted in one of three ways or ends at the next delimiter.
VALUE = re.compile(
    r"""
    [\w-]{0,40} (?:\\?["'])? \]? [ ]{0,4} (?: => | := | [=:](?!=) ) [ ]{0,4}
    (?:
        \\" (?P<escaped> [^"\x00]{1,4096}? ) \\"
      | [bru]{0,2} " (?P<double> (?: [^"\\\x00] | \\. ){1,4096} )
      | [bru]{0,2} ' (?P<single> (?: [^'\\\x00] | \\. ){1,4096} )
      | (?P<bare> (?: (?:bearer|basic|token|digest) [ ]{1,4} )? [^\s&;,'"<>\x00\\(){}\[\]]{1,1024} )
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
HARMLESS = frozenset(
    {"none", "null", "true", "false", "[redacted]", "...", "bearer", "basic", "token", "digest"}
)


def may_match(text: str) -> bool:
    """Tell whether a name of a secret is in the text at all."""
    lowered = text.lower()
    return any(stem in lowered for stem in STEMS)


def spans(text: str, *, quoted_only: bool = False) -> list[tuple[int, int]]:
    """Return where the values are; overlaps are possible. Linear, because each try is bounded.

    With `quoted_only` just literals count, as is right for source code, where the bare words are code.
    """
    lowered = _lowered(text)
    found: list[tuple[int, int]] = []
    for stem in STEMS:
        at = lowered.find(stem)
        while at != -1:
            end = at + len(stem)
            match = VALUE.match(text, end)
            if match is not None:
                end = match.end()
                span = match.span(match.lastgroup or 0)
                skipped = quoted_only and match.lastgroup == "bare"
                if not skipped and lowered[span[0] : span[1]] not in HARMLESS:
                    found.append(span)
            at = lowered.find(stem, end)
    return found


def _lowered(text: str) -> str:
    lowered = text.lower()
    # Few letters grow in lower case; positions must stay what they are in the text.
    return lowered if len(lowered) == len(text) else text.replace("İ", "I").lower()
