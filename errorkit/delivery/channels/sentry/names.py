"""Names as Sentry takes them; it drops others from an event without a word to the sender.

Source: https://develop.sentry.dev/sdk/data-model/event-payloads/, members `release` and `environment`; found by asking Relay itself.
"""

import re

LONGEST_RELEASE = 200
LONGEST_ENVIRONMENT = 64
NOT_IN_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f/\\]+")
RESERVED = frozenset({"", ".", "..", "latest", "none"})


def release_name(text: str) -> str:
    """Return the release, a branch's `feature/x` as `feature-x`; empty where Sentry reserves the word."""
    return _name(text, LONGEST_RELEASE)


def environment_name(text: str) -> str:
    """Return the environment by the same rule."""
    return _name(text, LONGEST_ENVIRONMENT)


def _name(text: str, longest: int) -> str:
    name = NOT_IN_NAME.sub("-", text.strip())[:longest].strip()
    return "" if name.lower() in RESERVED else name
