"""The problem of one request: what every format is rendered from, and its JSON members (RFC 9457)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, NotRequired, TypedDict

from django.http import HttpRequest

from errorkit.reports.receipt import Receipt
from errorkit.responses.debugging import debug_of
from errorkit.responses.statuses import code_of, is_retryable
from errorkit.responses.words import Situation, Words

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class FieldError(TypedDict):
    """One failed validation; `pointer` is a JSON pointer into the request body (RFC 6901)."""

    pointer: str
    code: str
    detail: str


class ProblemBody(TypedDict):
    """The members of the JSON body; names are promises."""

    type: str
    title: str
    status: int
    detail: str
    error: str
    request_id: str
    retryable: bool
    instance: NotRequired[str]
    reference: NotRequired[str]
    errors: NotRequired[list[FieldError]]
    debug: NotRequired[dict[str, Any]]


class Problem(NamedTuple):
    """One failed request, before it is put into words.

    `receipt` is None where there was nothing to record, as for a missing page. `detail` and `type` replace those of the words in
    machine formats and must be safe to show. `retry_after` is in seconds.
    """

    status: int
    request_id: str
    method: str = "GET"
    receipt: Receipt | None = None
    retry_after: int | None = None
    retryable: bool = False
    form_expired: bool = False
    type: str = ""
    detail: str = ""
    error: str = ""
    errors: Sequence[FieldError] = ()
    debug: dict[str, Any] | None = None

    @property
    def reference(self) -> str | None:
        """Return what a person may quote; only where it can be found again."""
        return self.receipt.reference if self.receipt and self.receipt.durable else None

    @property
    def occurred_at(self) -> datetime:
        """Return when it happened, in UTC to the second: what the occurrence ID says, else now."""
        if self.receipt and self.receipt.occurrence_id:
            seconds = (self.receipt.occurrence_id.int >> 80) // 1000
            return datetime.fromtimestamp(seconds, UTC)
        return datetime.now(UTC).replace(microsecond=0)

    @property
    def situation(self) -> Situation:
        """Return what decides about the words."""
        return Situation(
            status=self.status,
            durable=None if self.receipt is None else self.receipt.durable,
            safe_method=self.method in SAFE_METHODS,
            retry_after=self.retry_after,
            form_expired=self.form_expired,
        )


def problem_of(
    request: HttpRequest,
    *,
    status: int,
    receipt: Receipt | None = None,
    retry_after: int | None = None,
    **members: Any,
) -> Problem:
    """Return the problem of this request; touches nothing of it but its method, ID and one header."""
    return Problem(
        status=status,
        request_id=str(getattr(request, "request_id", "") or ""),
        method=request.method or "GET",
        receipt=receipt,
        retry_after=retry_after,
        retryable=is_retryable(
            status=status,
            method=request.method,
            has_idempotency_key="HTTP_IDEMPOTENCY_KEY" in request.META,
        ),
        **members,
    )


def problem_of_failure(
    request: HttpRequest, receipt: Receipt | None, *, status: int = 500
) -> Problem:
    """Return the problem of a failed request; the receipt, if there is one, knows the status that the failure maps to."""
    return problem_of(
        request,
        status=receipt.status if receipt else status,
        receipt=receipt,
        retry_after=receipt.retry_after if receipt else None,
        debug=debug_of(request),
    )


def body_of(problem: Problem, words: Words) -> ProblemBody:
    """Return the members of the JSON body."""
    body = ProblemBody(
        type=problem.type or words.type,
        title=words.title,
        status=problem.status,
        detail=problem.detail or words.detail,
        error=problem.error or code_of(problem.status),
        request_id=problem.request_id,
        retryable=problem.retryable,
    )
    if problem.receipt and problem.receipt.durable and problem.reference:
        body["instance"] = f"urn:uuid:{problem.receipt.occurrence_id}"
        body["reference"] = problem.reference
    if problem.errors:
        body["errors"] = list(problem.errors)
    if problem.debug is not None:
        body["debug"] = problem.debug
    return body
