import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import RequestFactory, override_settings
from django.views.decorators.debug import sensitive_variables

from errorkit.reports import context
from errorkit.reports.build import PAYLOAD_BYTES
from errorkit.reports.report import Report
from tests.reports.failures import caught, locals_of, report_from, report_of

SECRET = "correct-horse-99"


def pay(amount: int, password: str = SECRET) -> None:
    customer = {"name": "ada", "token": "tok_abcdef"}
    note = f"paid with {password}"
    raise ValueError(
        f"cannot pay {amount} with {password}\nsecond line of {customer['token']} {note}"
    )


def test_report_tells_all_when_it_is_full() -> None:
    report = report_from(pay, 3, status=500, request_id="r1")

    assert report.title == "ValueError: cannot pay 3 with [redacted]"
    assert report.location == f"{__name__}.pay"
    assert report.exceptions[0].message.endswith("second line of [redacted] paid with [redacted]")
    assert (report.kind, report.full, report.status, report.request_id) == (
        "request",
        True,
        500,
        "r1",
    )
    assert timedelta(0) <= datetime.now(UTC) - report.occurred_at < timedelta(minutes=1)
    assert locals_of(report) == {
        "amount": "3",
        "password": "[redacted]",
        "customer": "{'name': 'ada', 'token': [redacted]}",
        "note": "'paid with [redacted]'",
    }
    frame = report.exceptions[0].frames[-1]
    assert frame.context_line.strip().startswith("raise ValueError(")
    assert frame.pre_context[-1].strip() == 'note = f"paid with {password}"'
    assert (frame.filename, frame.function, frame.in_app) == (
        "tests/reports/test_build.py",
        "pay",
        True,
    )
    assert SECRET not in report.to_json()
    assert Report.from_json(report.to_json()) == report


def test_report_is_small_when_it_is_light() -> None:
    request = RequestFactory().get("/pay/?a=1", headers={"authorization": f"Bearer {SECRET}"})

    report = report_from(pay, 3, request=request, full=False)

    assert report.title == "ValueError: cannot pay 3 with [redacted]"
    assert (report.full, report.exceptions, report.location) == (False, (), f"{__name__}.pay")
    assert report.request is not None
    assert (report.request.method, report.request.path, report.request.headers) == (
        "GET",
        "/pay/",
        {},
    )


@pytest.mark.parametrize(("scope", "library", "own"), [("off", False, False), ("app", False, True), ("all", True, True)])  # fmt: skip
def test_locals_are_shown_when_the_setting_says_so(scope: str, library: bool, own: bool) -> None:
    with override_settings(ERRORKIT={"LOCALS": scope}):
        frames = report_from(json.loads, "{").exceptions[0].frames

    assert frames[0].in_app
    assert (frames[0].locals is not None) is own
    assert (frames[-1].locals is not None) is library
    assert frames[-1].pre_context == ()
    assert frames[-1].context_line


@pytest.mark.trap("T53")
def test_marked_locals_are_hidden_when_django_decorators_name_them() -> None:
    def inner(pet: str) -> None:
        raise ValueError(f"no {pet}")

    @sensitive_variables("pet")
    def named(pet: str, other: int) -> None:
        inner(pet)

    @sensitive_variables()
    def everything(pet: str, other: int) -> None:
        raise ValueError(pet)

    with override_settings(DEBUG=True):
        first, second = (
            report_from(named, "rex-the-dog", 7),
            report_from(everything, "rex-the-dog", 7),
        )

    assert locals_of(first) == {"pet": "[redacted]"}
    assert first.exceptions[0].frames[-2].locals == {
        "pet": "[redacted]", "other": "7", "inner": first.exceptions[0].frames[-2].locals["inner"],  # type: ignore[index]
    }  # fmt: skip
    assert locals_of(second) == {"pet": "[redacted]", "other": "[redacted]"}
    assert "rex-the-dog" not in first.to_json() + second.to_json()


def test_marked_locals_are_hidden_when_the_function_is_a_coroutine() -> None:
    @sensitive_variables("pet")
    async def named(pet: str) -> None:
        raise ValueError(pet)

    def run() -> None:
        named("rex-the-dog").send(None)

    assert "rex-the-dog" not in report_from(run).to_json()


def test_context_and_tags_are_kept_when_the_site_adds_them() -> None:
    context.set_context("order", {"id": 7, "api_key": SECRET})
    context.set_tag("shop", f"north {SECRET}")

    report = report_from(pay, 3, context={"more": object(), "text": SECRET})

    assert report.context.pop("machine")["threads"] >= 1
    assert report.context == {
        "order": {"id": 7, "api_key": "[redacted]"},
        "more": "<object object>",
        "text": "[redacted]",
    }
    assert report.tags == {"shop": "north [redacted]"}


def dive(depth: int) -> None:
    if depth == 0:
        raise ValueError("bottom")
    dive(depth - 1)


def hop(depth: int) -> None:
    steps: list[Callable[[int], None]] = [hop] * 3
    text = "é" * 5_000
    if depth:
        steps[0](depth - 1)
    raise ValueError(text)


def wide(depth: int) -> None:
    values = {f"value{number}": "x" * 10_000 for number in range(1_000)}
    if depth:
        wide(depth - 1)
    raise ValueError(str(values))


@pytest.mark.parametrize(("function", "depth"), [(dive, 900), (hop, 900), (wide, 50)], ids=["deep", "accents", "wide"])  # fmt: skip
def test_report_fits_when_the_stack_is_deep_or_wide(
    function: Callable[..., Any], depth: int
) -> None:
    exc = caught(function, depth)
    started = time.perf_counter()

    report = report_of(exc)

    assert time.perf_counter() - started < 2
    assert len(report.to_json()) <= PAYLOAD_BYTES
    frames = report.exceptions[0].frames
    assert frames[0].function == "caught"
    assert frames[-1].function == function.__name__
    assert len(frames) <= 62


def test_calls_left_out_are_counted_when_they_recur() -> None:
    frames = report_of(caught(dive, 900)).exceptions[0].frames

    marks = [frame.function for frame in frames if not frame.filename]
    assert len(marks) == 1
    assert sum(int(mark.split()[0][1:]) for mark in marks) + len(frames) - 1 == 902


class Awful(Exception):
    def __str__(self) -> str:
        return "a\x00b\ud800c" + "x" * 50_000_000


def awful() -> None:
    name = "\ud800\x00"
    local = {name: b"\xff", 7: "\x00"}
    raise Awful(local)


def test_report_is_clean_when_every_text_is_hostile() -> None:
    context.set_tag("\ud800", "\x00")
    request = RequestFactory().get("/\x00", headers={"x-odd": "\ud800\x00"})
    request.path = "/\ud800\x00"

    report = report_from(awful, request=request, context={"\ud800": "\x00"})

    text = json.dumps(json.loads(report.to_json()), ensure_ascii=False)
    text.encode()
    assert "\\u0000" not in report.to_json()
    assert "\x00" not in text
    assert report.title.startswith("Awful: a\ufffdb?cxxx")


def test_bare_report_is_built_when_building_fails(caplog: pytest.LogCaptureFixture) -> None:
    class Odd:
        __dict__ = property(lambda self: 1 / 0)  # type: ignore[assignment]

    with caplog.at_level(logging.ERROR, "errorkit"):
        report = report_from(pay, 3, request=Odd())

    assert (report.title, report.full) == ("ValueError", False)
    assert len(caplog.records) == 1


@override_settings(ERRORKIT={"RELEASE": "1.2", "ENVIRONMENT": "staging"})
def test_release_and_environment_come_from_the_setting_when_given() -> None:
    report = report_from(pay, 3)

    assert (report.release, report.environment) == ("1.2", "staging")
    assert report.server
