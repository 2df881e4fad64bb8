"""Can the site's own rules for secrets be used?"""

import difflib
import re
from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error

from errorkit.conf import get_config

KEYS = ("NAMES", "KEEP", "ALLOW", "PATTERNS")


def check_scrub(**_: Any) -> list[CheckMessage]:
    """E301: a part of SCRUB cannot be used: an unknown key, no list of texts, a pattern that does not compile.

    The other parts stay in force meanwhile, because a secret that is shown cannot be taken back.
    """
    scrub = get_config().scrub
    return [
        Error(f"ERRORKIT['SCRUB']{text}.", hint=hint, obj="SCRUB", id="errorkit.E301")
        for key, value in scrub.items()
        for text, hint in _problems(key, value)
    ]


def _problems(key: Any, value: Any) -> Iterator[tuple[str, str]]:
    if key not in KEYS:
        near = difflib.get_close_matches(str(key).upper(), KEYS, n=1, cutoff=0.0)
        yield f" has no key {key!r}", f"Did you mean {near[0]!r}?"
        return
    if isinstance(value, str) or not all(isinstance(each, str) for each in value or ()):
        yield f"[{key!r}] must be a list of texts", f'Write {{"{key}": ["..."]}}.'
        return
    for pattern in value or () if key == "PATTERNS" else ():
        try:
            re.compile(pattern)
        except re.error as error:
            text = f"['PATTERNS'] holds {pattern!r}, which does not compile: {error}"
            yield text, "What it should hide is shown until this is mended."
