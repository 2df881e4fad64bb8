"""The Content-Security-Policy of an error page, computed from the bytes that are sent."""

import base64
import hashlib
import re
from functools import lru_cache

STYLE = re.compile(rb"<style\b[^>]*>(.*?)</style\s*>", re.DOTALL | re.IGNORECASE)
STYLE_ATTRIBUTE = re.compile(rb"<[a-z][^<>]*\sstyle\s*=", re.IGNORECASE)


def policy_for(document: bytes) -> str:
    """Return a policy that allows the document's own style elements and nothing that can run or be fetched.

    Style attributes are not allowed: a hash for them would need 'unsafe-hashes'.
    """
    return _policy(tuple(STYLE.findall(document)))


@lru_cache(maxsize=64)
def _policy(styles: tuple[bytes, ...]) -> str:
    sources = " ".join(f"'sha256-{_digest(style)}'" for style in styles) or "'none'"
    return (
        f"default-src 'none'; style-src {sources}; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _digest(style: bytes) -> str:
    return base64.b64encode(hashlib.sha256(style).digest()).decode("ascii")


def has_style_attribute(document: bytes) -> bool:
    """Return whether an element carries a style attribute, which the policy blocks."""
    return STYLE_ATTRIBUTE.search(STYLE.sub(b"", document)) is not None


def normalise_newlines(document: bytes) -> bytes:
    """Return the document with LF: browsers hash what they parsed, and parsing turns CRLF into LF."""
    return document.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
