"""From a caught exception to a receipt: the flow of errorkit, in one function."""

import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from errorkit import background
from errorkit.conf import get_config
from errorkit.reports.build import build_report
from errorkit.reports.filters import is_ignored
from errorkit.reports.fingerprints import fingerprint_of
from errorkit.reports.outline import outline_of
from errorkit.reports.receipt import Receipt
from errorkit.reports.report import Kind, Level, Report
from errorkit.request_ids import get_request_id, set_reference
from errorkit.responses.statuses import Resolved, resolve_status
from errorkit.storage.hosttest import in_host_test
from errorkit.storage.limits import Size, weigh
from errorkit.storage.quiet import is_quiet, quietly
from errorkit.storage.recorder import record

logger = logging.getLogger("errorkit")

MOST_PER_REQUEST = 2  # the failure itself, and that of the site's own error page
MARK = "_errorkit"

# Called with each report before it is written down; for tests.
watchers: list[Callable[[Report], None]] = []


@dataclass(slots=True, eq=False)
class Captured:
    """What became of the failures of one request; hangs on the request and on the exceptions."""

    receipt: Receipt
    handled: bool
    failures: int = 1

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        """Pickle as None: an exception that travels to another process takes nothing of ours along."""
        return type(None), ()


class Failure(NamedTuple):
    """What `capture_exception` was given."""

    exc: BaseException
    request: Any
    level: Level
    context: Mapping[str, Any] | None
    kind: Kind
    handled: bool
    status: int | None


def capture_exception(
    exc: BaseException | None = None,
    request: Any = None,
    *,
    level: Level = "error",
    context: Mapping[str, Any] | None = None,
    kind: Kind | None = None,
    handled: bool = True,
    status: int | None = None,
) -> Receipt:
    """Write a failure down and return the receipt; never raises.

    `exc` is by default the one being handled, `status` what the failure maps to. The same exception is captured once per request, and a request keeps
    the receipt of what it failed with. Without a durable step the receipt has neither reference nor id.
    """
    exc = exc or sys.exc_info()[1]
    request = getattr(request, "_request", request)  # REST framework wraps Django's.
    if exc is None or is_quiet():
        return Receipt(durable=False, request_id=_request_id(request))
    kind = kind or ("manual" if request is None else "request")
    failure = Failure(
        exc=exc,
        request=request,
        level=level,
        context=context,
        kind=kind,
        handled=handled,
        status=status,
    )
    with quietly():
        try:
            return _once(failure)
        except Exception:
            # Whatever is wrong here must not take the place of the host's own failure.
            logger.exception("A failure could not be captured.")
            return Receipt(durable=False, request_id=_request_id(request))


def receipt_of(request: Any) -> Receipt | None:
    """Return the receipt of what the request failed with, else of the latest that its view has handled, None if there was neither."""
    captured = _mark_of(getattr(request, "_request", request))
    return captured.receipt if captured is not None else None


def _once(failure: Failure) -> Receipt:
    """Capture what has not been captured yet, and remember it on the request and on the exception."""
    of_request, of_exception = _mark_of(failure.request), _mark_of(failure.exc)
    known = of_exception and _is_same_request(of_exception, of_request, failure.request)
    if of_request is not None and of_request.handled:
        # What a view has caught and told about must not stand for what it fails with later.
        of_request = None
    if of_exception is not None and known:
        of_exception.handled &= failure.handled
        _put_mark(failure.request, of_request or of_exception)
        return of_exception.receipt
    if of_request is None:
        captured = Captured(_capture(failure), failure.handled)
        _put_mark(failure.request, captured)
        _put_mark(failure.exc, captured)
        return captured.receipt
    # The site's own error page has failed as well: Django asks it again in each layer of middleware, and each time it is a new exception.
    of_request.failures += 1
    _put_mark(failure.exc, of_request)
    if of_request.failures <= MOST_PER_REQUEST:
        _capture(failure)
    return of_request.receipt


def _is_same_request(mark: Captured, of_request: Captured | None, request: Any) -> bool:
    """Return whether the exception was captured for this very request; an exception object may be raised again and again."""
    if mark is of_request:
        return True
    request_id = mark.receipt.request_id
    return bool(request_id) and request_id == _request_id(request)


def _mark_of(bearer: Any) -> Captured | None:
    mark = getattr(bearer, MARK, None)
    return mark if isinstance(mark, Captured) else None


def _put_mark(bearer: Any, mark: Captured) -> None:
    try:
        setattr(bearer, MARK, mark)
    except Exception:  # noqa: BLE001 - one with slots takes none; the request's mark then has to do
        return


def _request_id(request: Any) -> str:
    return str(get_request_id() or getattr(request, "request_id", "") or "")


def _capture(failure: Failure) -> Receipt:
    """Measure it, build the report, write it down, and say so."""
    config, exc = get_config(), failure.exc
    if not config.enabled or is_ignored(exc, failure.request, config):
        return _receipt(failure, None)
    outline = outline_of(exc, config)
    fingerprint, parts = fingerprint_of(outline, config, failure.request)
    size = Size.FULL if in_host_test() else weigh(fingerprint, config.limits)
    report = build_report(
        outline,
        fingerprint=fingerprint,
        parts=parts,
        kind=failure.kind,
        full=size is Size.FULL,
        request=failure.request,
        status=_status_of(failure).status if failure.kind == "request" else None,
        request_id=_request_id(failure.request),
        level=failure.level,
        handled=failure.handled,
        context=failure.context,
        config=config,
    )
    for watch in watchers:
        watch(report)
    durable = record(report, exc=exc, size=size)
    if durable:
        background.wake()
    return _receipt(failure, report if durable else None)


def _status_of(failure: Failure) -> Resolved:
    return Resolved(failure.status) if failure.status else resolve_status(failure.exc)


def _receipt(failure: Failure, report: Report | None) -> Receipt:
    """Return the receipt, with a reference only for a report that is durable."""
    status, retry_after = _status_of(failure)
    request_id = _request_id(failure.request)
    if report is None:
        return Receipt(durable=False, request_id=request_id, status=status, retry_after=retry_after)
    reference = report.reference
    set_reference(reference)
    logger.info("Recorded %s, request %s, %s", reference, request_id, report.fingerprint)
    return Receipt(
        durable=True,
        occurrence_id=report.id,
        reference=reference,
        request_id=request_id,
        status=status,
        retry_after=retry_after,
    )
