"""What a Sentry server's answer means.

Source: https://develop.sentry.dev/sdk/expected-features/rate-limiting/ for the header's grammar.
"""

from collections.abc import Iterator
from datetime import datetime

from errorkit.delivery.channels.base import Outcome, Result
from errorkit.delivery.http import Answer

DEFAULT_PARK = 60.0
# Limits of other categories (transaction, replay, ...) are nothing to us; an empty list means all.
OURS = frozenset({"error", "default", ""})


def classify(answer: Answer, now: datetime) -> Outcome:
    """Return the outcome of one POST."""
    status = answer.status
    detail = _detail(answer)
    if 200 <= status < 300:
        return _classify_success(answer)
    if status == 429:
        return Outcome(
            result=Result.LIMITED,
            detail=detail,
            status_code=status,
            park_seconds=park_seconds(answer) or answer.retry_after(now) or DEFAULT_PARK,
        )
    if status == 413:
        return Outcome(result=Result.TOO_LARGE, detail=detail, status_code=status)
    temporary = status >= 500 or status == 408
    return Outcome(
        result=Result.TEMPORARY if temporary else Result.PERMANENT,
        detail=detail,
        status_code=status,
        park_seconds=park_seconds(answer) or (answer.retry_after(now) if temporary else 0.0),
    )


def park_seconds(answer: Answer) -> float:
    """Return how long the limit headers, on whatever status, keep errors away; 0 if they do not."""
    header = answer.headers.get("X-Sentry-Rate-Limits", "")
    return max(_limits(header), default=0.0)


def _limits(header: str) -> Iterator[float]:
    """Read `seconds:category;category:scope:reason, ...`; what cannot be read is left out."""
    for limit in header.split(","):
        seconds, _, rest = limit.strip().partition(":")
        categories = rest.partition(":")[0].split(";")
        if OURS.isdisjoint(category.strip() for category in categories):
            continue
        if seconds.isascii() and seconds.isdigit() and len(seconds) < 10:
            yield float(seconds)


def _classify_success(answer: Answer) -> Outcome:
    body = answer.json()
    if isinstance(body, dict) and body.get("id"):
        return Outcome(
            result=Result.ACCEPTED,
            status_code=answer.status,
            upstream_id=str(body["id"]),
            park_seconds=park_seconds(answer),
        )
    # A captive portal or a proxy answers 200, too.
    return Outcome(
        result=Result.TEMPORARY,
        detail=f"the answer is not Sentry's: {answer.excerpt()}",
        status_code=answer.status,
    )


def _detail(answer: Answer) -> str:
    said = answer.headers.get("X-Sentry-Error") or answer.excerpt()
    hint = ""
    if 300 <= answer.status < 400:
        hint = f"; it redirects to {answer.headers.get('Location', 'nowhere')}: correct the DSN"
    return f"HTTP {answer.status} {said}".rstrip() + hint
