"""A person's shifts for their calendar program."""

from datetime import UTC, datetime

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse

from errorkit.oncall.feeds import calendar_of, find_feed, is_available


@transaction.non_atomic_requests
def shifts(request: HttpRequest, token: str) -> HttpResponse:
    """Return the feed behind a secret address; writes nothing."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    feed = find_feed(token) if is_available() else None
    if feed is None:
        raise Http404
    return HttpResponse(
        calendar_of(feed, datetime.now(UTC)),
        content_type="text/calendar; charset=utf-8",
        headers={
            "Cache-Control": "private, max-age=900",
            "Content-Disposition": 'inline; filename="on-call.ics"',
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "noindex",
        },
    )
