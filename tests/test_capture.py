import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from errorkit import background
from errorkit.capture import capture_exception, receipt_of
from errorkit.models import Occurrence
from errorkit.reports.report import Report
from errorkit.request_ids import bind, unbind
from errorkit.storage.quiet import quietly
from errorkit.testing import captured

pytestmark = pytest.mark.django_db


def fail(error: Exception | None = None) -> Exception:
    """Return an exception that has been raised."""
    try:
        raise error or ZeroDivisionError("division by zero")
    except Exception as caught:
        return caught


def test_receipt_leads_to_the_row_when_a_failure_is_captured() -> None:
    receipt = capture_exception(fail())

    row = Occurrence.objects.get(pk=receipt.occurrence_id)
    assert receipt.durable
    assert (row.reference, row.kind) == (receipt.reference, "manual")
    assert row.report.handled


def test_the_exception_being_handled_is_captured_when_none_is_given() -> None:
    try:
        raise LookupError("here")
    except LookupError:
        receipt = capture_exception()

    assert "LookupError" in Occurrence.objects.get(pk=receipt.occurrence_id).title


def test_nothing_is_captured_when_there_is_no_exception() -> None:
    receipt = capture_exception()

    assert (receipt.durable, receipt.reference, receipt.occurrence_id) == (False, None, None)


def test_an_exception_is_captured_once_when_it_passes_twice_in_a_request(rf: Any) -> None:
    request, error = rf.get("/"), fail()

    receipts = [capture_exception(error, request), capture_exception(error, request)]

    assert receipts[0] == receipts[1] == receipt_of(request)
    assert Occurrence.objects.count() == 1


def test_an_exception_is_captured_once_when_a_view_captured_it_by_hand(rf: Any) -> None:
    request, error = rf.get("/"), fail()
    request.request_id = "request-1234"
    token = bind("request-1234")
    try:
        by_hand = capture_exception(error)
        receipt = capture_exception(error, request)
    finally:
        unbind(token)

    assert receipt == by_hand == receipt_of(request)
    assert Occurrence.objects.count() == 1


def test_an_exception_object_is_captured_again_when_another_request_raises_it(rf: Any) -> None:
    error = fail()

    receipts = [capture_exception(error, rf.get("/")) for _ in range(2)]

    assert receipts[0].reference != receipts[1].reference


@pytest.mark.trap("T1")
def test_a_request_keeps_its_first_receipt_when_its_error_page_fails_too(rf: Any) -> None:
    request = rf.get("/")

    first = capture_exception(fail(), request, handled=False)
    later = [capture_exception(fail(LookupError("page")), request, handled=False) for _ in range(3)]

    assert {receipt.reference for receipt in later} == {first.reference}
    assert Occurrence.objects.count() == 2


def test_a_request_keeps_what_it_fails_with_when_its_view_has_captured_others_before(
    rf: Any,
) -> None:
    request = rf.get("/")

    by_hand = [capture_exception(fail(LookupError(str(n))), request) for n in range(3)]
    last = capture_exception(fail(), request, handled=False)

    assert len({receipt.reference for receipt in [*by_hand, last]}) == 4
    assert receipt_of(request) == last
    assert capture_exception(fail(), request, handled=False) == last


def test_a_request_keeps_one_receipt_when_it_fails_with_what_was_captured_by_hand(rf: Any) -> None:
    request, error = rf.get("/"), fail()
    request.request_id = "request-1234"

    by_hand = capture_exception(error, request)
    capture_exception(fail(LookupError("another")), request)
    receipt = capture_exception(error, request, handled=False)

    assert receipt == by_hand == receipt_of(request)
    assert Occurrence.objects.count() == 2


def test_status_is_what_was_answered_when_the_caller_answers_by_itself(rf: Any) -> None:
    receipt = capture_exception(fail(), rf.get("/"), status=503)

    assert receipt.status == Occurrence.objects.get().status == 503


def test_the_wrapped_request_bears_the_receipt_when_rest_framework_wraps_it(rf: Any) -> None:
    request = rf.get("/")

    capture_exception(fail(), SimpleNamespace(_request=request))

    assert receipt_of(request) is not None


@pytest.mark.trap("T50")
def test_nothing_is_captured_when_errorkit_itself_is_at_work() -> None:
    with quietly():
        assert not capture_exception(fail()).durable

    assert not Occurrence.objects.exists()


def test_receipt_has_no_reference_when_errorkit_is_switched_off(settings: Any, rf: Any) -> None:
    settings.ERRORKIT = {"ENABLED": False}
    request = rf.get("/")

    receipt = capture_exception(fail(), request)

    assert (receipt.reference, receipt.status) == (None, 500)
    assert receipt_of(request) == receipt


def test_receipt_has_no_reference_when_nothing_durable_could_be_done(
    settings: Any, tmp_path: Path, rf: Any
) -> None:
    settings.ERRORKIT = {"IGNORE": ["builtins.ZeroDivisionError"]}

    assert capture_exception(fail(), rf.get("/")).reference is None


def test_reports_are_collected_when_a_host_tests_with_captured() -> None:
    with captured() as reports:
        capture_exception(fail())
    capture_exception(fail())

    assert [type(each) for each in reports] == [Report]


def test_an_exception_takes_nothing_along_when_it_is_pickled(rf: Any) -> None:
    error = fail(LookupError("here"))
    capture_exception(error, rf.get("/"))

    copy = pickle.loads(pickle.dumps(error))

    assert (copy.args, vars(copy)) == (error.args, {"_errorkit": None})


def test_nothing_is_started_when_a_host_tests(tmp_path: Path, settings: Any) -> None:
    settings.ERRORKIT = {"SPOOL_DIR": tmp_path / "state"}

    capture_exception(fail())

    assert background._worker._thread is None
    assert not (tmp_path / "state").exists()


def test_an_exception_that_refuses_attributes_is_captured_when_it_is_raised(rf: Any) -> None:
    class Strict(Exception):
        def __setattr__(self, name: str, value: object) -> None:
            raise TypeError("no")

        def __str__(self) -> str:
            raise RuntimeError("no text either")

    receipt = capture_exception(fail(Strict()), rf.get("/"))

    assert receipt.durable


def test_context_is_in_the_report_when_it_is_given() -> None:
    receipt = capture_exception(fail(), context={"order": {"id": 7}}, level="warning")

    report = Occurrence.objects.get(pk=receipt.occurrence_id).report
    assert (report.context["order"], report.level) == ({"id": 7}, "warning")


def test_one_line_tells_reference_and_request_when_a_failure_is_captured(
    rf: Any, caplog: pytest.LogCaptureFixture
) -> None:
    request = rf.get("/")
    request.request_id = "request-4711"

    with caplog.at_level("INFO", logger="errorkit"):
        receipt = capture_exception(fail(), request=request)

    [line] = [message for message in caplog.messages if str(receipt.reference) in message]
    row = Occurrence.objects.get(pk=receipt.occurrence_id)
    assert line == f"Recorded {receipt.reference}, request request-4711, {row.fingerprint}"


def test_one_line_tells_the_incident_when_it_opens(
    caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    with (
        caplog.at_level("INFO", logger="errorkit"),
        django_capture_on_commit_callbacks(execute=True),
    ):
        receipt = capture_exception(fail())

    row = Occurrence.objects.get(pk=receipt.occurrence_id)
    assert f"Incident {row.incident_id} opened: {row.reference}, request , {row.fingerprint}" in (
        caplog.messages
    )
