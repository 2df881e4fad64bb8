"""Text about a failed try that is safe to store, log and show."""

import html
import json
import re
from base64 import b64encode
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlsplit

LENGTH = 500
MASK = "[secret]"
# What an excerpt ends with that was cut.
CUT = "…"
# Less of a secret than this tells nothing.
SHORTEST_PART = 4
# A path or value that is shorter is no secret, and a word that texts are full of; a part of a path is one only if nobody could type it.
SHORTEST_VALUE, SHORTEST_SEGMENT = 8, 16
# The host of a URL helps; its credentials, path and query may be the secret.
URL = re.compile(
    r"\b([a-z][a-z0-9+.-]{1,20}://)(?:[^\s/@'\"<>]*@)?([^\s/?#'\"<>]*)[^\s'\"<>)]*", re.IGNORECASE
)
# urllib3 names the path apart from the host.
URL_PATH = re.compile(r"(with url: )\S+")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(text: str, secrets: Iterable[str] = (), *, length: int = LENGTH) -> str:
    """Return the text without secrets, URLs' private parts, control characters and surrogates, cut to `length`."""
    if not text:
        return ""
    forms = {form for secret in secrets if secret for form in forms_of(str(secret))}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
        if CUT in text:
            text = _without_beginning(text, form)
    text = URL_PATH.sub(r"\1[path]", URL.sub(r"\1\2/…", text[: 20 * length]))
    text = UNPRINTABLE.sub(" ", text).strip()
    return text if len(text) <= length else text[: length - 1] + CUT


@lru_cache(maxsize=256)
def forms_of(secret: str) -> frozenset[str]:
    """Return how a server may write a secret back: as it is, in a URL, in JSON, in HTML, on one line."""
    forms = {secret, quote(secret), quote(secret, safe=""), unquote(secret), html.escape(secret)}
    forms |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    forms |= {" ".join(secret.split()), secret.strip()}
    return frozenset(filter(None, forms))


def secrets_in(url: str) -> tuple[str, ...]:
    """Return what is secret in a URL of the settings: all of it, its credentials, and whatever else a service may take for a key."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return (url,)
    segments = [each for each in parts.path.split("/") if len(each) >= SHORTEST_SEGMENT]
    values = [parts.path.strip("/"), parts.query, *(value for _, value in parse_qsl(parts.query))]
    values = [each for each in values if len(each) >= SHORTEST_VALUE]
    return (url, *credentials_in(parts.username, parts.password), *segments, *values)


def credentials_in(username: str | None, password: str | None) -> tuple[str, ...]:
    """Return what is secret of the credentials in a URL; the name may be a key as well."""
    names = (username,) if username and len(username) >= SHORTEST_VALUE else ()
    return (*names, *(forms_sent(unquote(username or ""), unquote(password)) if password else ()))


def forms_sent(name: str, password: str) -> tuple[str, ...]:
    """Return a password as it is, and as HTTP and SMTP send it."""
    sent = (f"{name}:{password}", f"\0{name}\0{password}", password)
    return (password, *(b64encode(text.encode()).decode() for text in sent))


def _without_beginning(text: str, secret: str) -> str:
    """Return the text without the first part of a secret where an excerpt was cut in the middle of it."""
    for size in range(len(secret) - 1, SHORTEST_PART - 1, -1):
        text = text.replace(secret[:size] + CUT, MASK + CUT)
    return text


def describe(error: BaseException, secrets: Iterable[str] = ()) -> str:
    """Return type and message of what a channel raised."""
    try:
        message = str(error)
    except Exception:  # noqa: BLE001  an exception's own text may fail
        message = ""
    return clean(f"{type(error).__name__}: {message}".rstrip(": "), secrets)
