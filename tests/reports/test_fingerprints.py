import functools
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from django.test import override_settings

from errorkit.reports.fingerprints import fingerprint
from errorkit.reports.normalising import normalised
from tests.reports.failures import key_from, outline_from, parts_from

HERE = __name__


def charge(amount: Any) -> Any:
    if amount > 3:
        charge(amount - 1)
    raise ValueError(f"cannot charge {amount}")


def recurse(depth: int = 0) -> Any:
    return bounce(depth + 1)


def bounce(depth: int) -> Any:
    return len(str(depth)) and recurse(depth)


def wrapping(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


wrapped_charge = wrapping(charge)


def in_comprehension(amount: int) -> Any:
    return [{key: charge(key) for key in [amount]} for _ in range(1)]


def wrap(error: Exception, cause: Exception) -> None:
    raise error from cause


def test_parts_name_type_and_own_calls_when_code_is_in_app() -> None:
    assert parts_from(charge, 1) == (
        "type ValueError",
        "in tests.reports.failures.caught",
        f"in {HERE}.charge",
    )


def test_key_is_the_same_when_values_lines_or_depth_differ() -> None:
    assert key_from(charge, 1) == key_from(charge, 2) == key_from(charge, 40)


def test_key_is_stable_when_made_in_another_process() -> None:
    script = (
        "import django; django.setup()\n"
        "from tests.reports.test_fingerprints import charge, in_comprehension, wrapped_charge\n"
        "from tests.reports.failures import key_from\n"
        "print(key_from(charge, 1), key_from(in_comprehension, 1), key_from(wrapped_charge, 1))"
    )

    output = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60
    ).stdout.split()

    # Written down, so that every Python version has to agree: version 1 never changes.
    assert output == [
        key_from(charge, 1),
        key_from(in_comprehension, 1),
        key_from(wrapped_charge, 1),
    ]
    assert output == [
        "v1:9fd3cc19e1fcdd10d990828885188d65b6e79b8a",
        "v1:e4149348089e9c7ddaa0539e09021fe4f2c69127",
        "v1:9fd3cc19e1fcdd10d990828885188d65b6e79b8a",
    ]


def test_wrapper_and_comprehension_frames_are_dropped_when_they_are_in_between() -> None:
    assert parts_from(wrapped_charge, 1) == parts_from(charge, 1)
    assert parts_from(in_comprehension, 1)[-2:] == (
        f"in {HERE}.in_comprehension",
        f"in {HERE}.charge",
    )


def test_only_the_cycle_counts_when_recursion_is_too_deep() -> None:
    assert parts_from(recurse) == (
        "type RecursionError",
        f"in {HERE}.recurse",
        f"in {HERE}.bounce",
    )
    assert key_from(recurse) == key_from(lambda: recurse(5))


def test_causes_count_when_an_exception_is_raised_from_another() -> None:
    plain = parts_from(wrap, ValueError("a"), KeyError("b"))

    assert plain[-1] == "cause KeyError"
    assert plain != parts_from(wrap, ValueError("a"), TypeError("b"))


def test_driver_does_not_count_when_django_wraps_its_error() -> None:
    error = IntegrityError("UNIQUE constraint failed: shop_order.number")

    parts = parts_from(
        wrap, error, sqlite3.IntegrityError("UNIQUE constraint failed: shop_order.number")
    )

    assert parts[:2] == ("type django.db.utils.IntegrityError", "with shop_order.number")
    assert not [part for part in parts if part.startswith("cause")]


@pytest.mark.parametrize(
    ("error", "subtype"),
    [
        (IntegrityError('duplicate key value violates unique constraint "shop_order_number_key"\nDETAIL: Key (number)=(7)'), "shop_order_number_key"),
        (IntegrityError("(1062, \"Duplicate entry '7' for key 'shop_order.number'\")"), "shop_order.number"),
        (OperationalError("no such table: shop_order"), "shop_order"),
        (OperationalError("database is locked"), "locked"),
        (OperationalError('connection to server at "10.0.0.7", port 5432 failed: Connection refused'), "refused"),
        (OperationalError("FATAL: sorry, too many clients already"), "too many"),
        (FileNotFoundError(2, "No such file", "/a"), "errno 2"),
    ],
    ids=["unique", "mysql", "table", "locked", "refused", "clients", "file"],
)  # fmt: skip
def test_subtype_tells_failures_apart_when_one_class_has_many(
    error: Exception, subtype: str
) -> None:
    assert parts_from(wrap, error, ValueError("x"))[1] == f"with {subtype}"


def test_status_tells_failures_apart_when_a_response_is_attached() -> None:
    class Response:
        def __init__(self) -> None:
            self.status_code = 503

    error = ValueError("upstream")
    error.response = Response()  # type: ignore[attr-defined]

    assert parts_from(wrap, error, KeyError("x"))[1] == "with HTTP 503"


def test_context_does_not_count_when_a_library_was_handling_it() -> None:
    def handler() -> None:
        raise ValueError("the error page is broken")

    def fail(first: str) -> None:
        try:
            json.loads(first)
        except ValueError:
            handler()

    def by_library(text: str) -> None:
        # The frame that handles the first failure is json's own.
        json.JSONDecoder(object_hook=lambda _: handler()).decode(text)

    assert parts_from(fail, "{")[-1].startswith("context json.decoder.JSONDecodeError")
    assert not [part for part in parts_from(by_library, "{}") if part.startswith("context")]


def test_message_counts_when_no_call_is_in_app() -> None:
    with override_settings(ERRORKIT={"IN_APP": {"exclude": ["tests"]}}):
        first, second = parts_from(json.loads, "{1"), parts_from(json.loads, "{1, 22")
        third = parts_from(json.loads, "[1")

    assert first == (
        "type json.decoder.JSONDecodeError",
        "near tests.reports.failures.caught",
        "message Expecting property name enclosed in double quotes: line <n> column <n> (char <n>)",
    )
    assert first == second != third


def test_members_count_sorted_when_a_group_is_raised() -> None:
    def fail(*errors: Exception) -> None:
        raise ExceptionGroup("all", errors)

    parts = parts_from(fail, ValueError(1), KeyError(2), ValueError(3))

    assert parts[-2:] == ("member KeyError", "member ValueError")
    assert parts == parts_from(fail, KeyError(2), ValueError(3))


def test_own_parts_decide_when_the_exception_carries_them() -> None:
    class Declined(Exception):
        errorkit_fingerprint = ("payment", "{{ default }}")

    parts = parts_from(wrap, Declined(), KeyError("x"))

    assert parts[:2] == ("payment", f"type {HERE}.{Declined.__qualname__}")


def test_own_parts_decide_when_a_function_is_decorated() -> None:
    @fingerprint("checkout")
    @wrapping
    def checkout() -> None:
        charge(1)

    assert parts_from(checkout) == ("checkout",)


def by_setting(exc: BaseException, request: Any) -> Any:
    return {"list": ["a", "{{ default }}"], "text": "a", "none": None}[str(exc)]


@pytest.mark.parametrize(("answer", "first"), [("list", "a"), ("text", "a"), ("none", "type ValueError"), ("broken", "type ValueError")])  # fmt: skip
def test_own_parts_decide_when_the_setting_names_a_function(answer: str, first: str) -> None:
    with override_settings(ERRORKIT={"FINGERPRINT": f"{HERE}.by_setting"}):
        assert parts_from(wrap, ValueError(answer), KeyError("x"))[0] == first


@pytest.mark.parametrize(
    ("message", "normal"),
    [
        ("order 4711 of 12.5", "order <n> of <n>"),
        ("no f5944955-cc54-493e-94f6-dd9923a96cf8 here", "no <uuid> here"),
        ("<Order object at 0x7f2c1a>", "<Order object at <hex>>"),
        ("mail to ada@example.com failed", "mail to <email> failed"),
        ("GET https://x.example/a?b=1 failed", "GET <url> failed"),
        ("at 2026-01-02T03:04:05.678+00:00!", "at <time>!"),
        ("no 'shop' in \"list\"", "no <text> in <text>"),
        ("can't open /var/lib/shop/a.txt now", "can't open <path> now"),
        ("can't find 'a' or 'b'", "can't find <text> or <text>"),
        ("10.0.0.7:5432 refused", "<address> refused"),
        ("commit deadbeef12 lost", "commit <hex> lost"),
        ("a  b\n c", "a b c"),
    ],
)
def test_message_is_normalised_when_it_names_something(message: str, normal: str) -> None:
    assert normalised(message) == normal


def test_outline_is_grouped_when_there_is_no_traceback() -> None:
    from errorkit.conf import get_config
    from errorkit.reports.fingerprints import fingerprint_of
    from errorkit.reports.outline import outline_of

    key, parts = fingerprint_of(outline_of(ValueError("no 7"), get_config()))

    assert parts == ("type ValueError", "message no <n>")
    assert len(key) == 43
    assert outline_from(charge, 1).raised.message == "cannot charge 1"
