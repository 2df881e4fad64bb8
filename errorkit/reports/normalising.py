"""Messages without what differs from one failure to the next."""

import re

LONGEST = 500
# In this order, because an address holds numbers and a path holds addresses. Bounded, so that hostile text costs no more than any other.
STEPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"https?://[^\s'\"<>]{1,300}"), "<url>"),
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}"), "<email>"),
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<uuid>"),
    (re.compile(r"\b0x[0-9a-fA-F]{2,32}\b"), "<hex>"),
    (
        re.compile(
            r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
        ),
        "<time>",
    ),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b"), "<address>"),
    (re.compile(r"(?<!\w)'(?:[^'\\\n]|\\.){0,200}'|\"(?:[^\"\\\n]|\\.){0,200}\""), "<text>"),
    (re.compile(r"(?<![\w<])(?:[A-Za-z]:)?(?:[/\\][\w.@+-]{1,100}){2,20}"), "<path>"),
    (re.compile(r"\b(?=[0-9a-fA-F]{0,40}\d)[0-9a-fA-F]{7,40}\b"), "<hex>"),
    (re.compile(r"(?<![A-Za-z_])[-+]?\d{1,40}(?:[.,]\d{1,40}){0,8}"), "<n>"),
    (re.compile(r"\s{1,500}"), " "),
)


def normalised(message: str) -> str:
    """Return the first 500 characters of a message with ids, numbers, times, addresses, paths and quoted texts named only by kind."""
    text = message[:LONGEST]
    for expression, replacement in STEPS:
        text = expression.sub(replacement, text)
    return text.strip()
