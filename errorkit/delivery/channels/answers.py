"""What a web server's answer means where the service says nothing else."""

from datetime import datetime

from errorkit.delivery.channels.base import Outcome, Result
from errorkit.delivery.http import Answer

DEFAULT_PARK = 60.0


def classify(answer: Answer, now: datetime) -> Outcome:
    """Return the outcome of one POST: 2xx is accepted, 429 parks, 413 is too large, 408, 425 and 5xx pass, the rest does not."""
    status = answer.status
    if 200 <= status < 300:
        return Outcome(result=Result.ACCEPTED, status_code=status)
    park = answer.retry_after(now)
    if status == 429:
        return _outcome(Result.LIMITED, answer, park or DEFAULT_PARK)
    if status == 413:
        return _outcome(Result.TOO_LARGE, answer)
    if status in {408, 425} or status >= 500:
        return _outcome(Result.TEMPORARY, answer, park)
    return _outcome(Result.PERMANENT, answer)


def _outcome(result: Result, answer: Answer, park_seconds: float = 0.0) -> Outcome:
    detail = f"HTTP {answer.status} {answer.excerpt()}".rstrip()
    if 300 <= answer.status < 400:
        detail += f"; it redirects to {answer.headers.get('Location', 'nowhere')}: correct the URL"
    return Outcome(
        result=result, detail=detail, status_code=answer.status, park_seconds=park_seconds
    )
