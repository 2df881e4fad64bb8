import sys

import pytest
from django.db import OperationalError
from django.test import override_settings

from errorkit.conf import get_problems
from errorkit.exceptions import BadGateway, GatewayTimeout, HTTPError, ServiceUnavailable
from errorkit.responses.statuses import (
    code_of,
    is_retryable,
    phrase_of,
    resolve_status,
)


class Odd(HTTPError):
    status = 200


@pytest.mark.parametrize(
    ("exc", "expected"),
    [
        (ValueError(), (500, None)),
        (BadGateway(), (502, None)),
        (GatewayTimeout(), (504, None)),
        (ServiceUnavailable(), (503, None)),
        (ServiceUnavailable(retry_after=120), (503, 120)),
        (ServiceUnavailable(retry_after=0), (503, None)),
        (ServiceUnavailable(retry_after=-5), (503, None)),
        (ServiceUnavailable(retry_after=10**12), (503, None)),
        (ServiceUnavailable(retry_after="soon"), (503, None)),  # type: ignore[arg-type]
        (Odd(), (500, None)),
    ],
)
def test_status_is_what_the_exception_names_when_it_is_ours(
    exc: Exception, expected: tuple[int, int | None]
) -> None:
    assert resolve_status(exc) == expected


@pytest.mark.parametrize("path", ["django.db.OperationalError", "django.db.utils.OperationalError"])
def test_status_is_mapped_when_the_class_is_known_under_several_paths(path: str) -> None:
    with override_settings(ERRORKIT={"STATUS_MAP": {path: (503, 30)}}):
        assert resolve_status(OperationalError()) == (503, 30)


def test_status_is_that_of_the_closest_base_when_several_are_mapped() -> None:
    mapped = {"builtins.OSError": 503, "builtins.FileNotFoundError": 501, "no.such.Error": 502}
    with override_settings(ERRORKIT={"STATUS_MAP": mapped}):
        assert resolve_status(FileNotFoundError()).status == 501
        assert resolve_status(ConnectionResetError()).status == 503
        assert resolve_status(ValueError()).status == 500


def test_status_map_imports_nothing_when_its_packages_are_not_loaded() -> None:
    with override_settings(ERRORKIT={"STATUS_MAP": {"antigravity_of_errorkit.Error": 502}}):
        resolve_status(ValueError())

    assert "antigravity_of_errorkit" not in sys.modules


@pytest.mark.parametrize(
    "value",
    [
        {"a.B": 404},
        {"a.B": (503, "soon")},
        {"a.B": (503, 1, 2)},
        {"a.B": (503, 0)},
        {1: 503},
        [503],
    ],
)
def test_status_map_is_a_problem_when_it_cannot_be_read(value: object) -> None:
    with override_settings(ERRORKIT={"STATUS_MAP": value}):
        assert [problem.key for problem in get_problems()] == ["STATUS_MAP"]
        assert resolve_status(ValueError()).status == 500


@pytest.mark.parametrize(
    ("status", "method", "key", "expected"),
    [
        (503, "GET", False, True),
        (502, "HEAD", False, True),
        (504, "PUT", False, True),
        (429, "DELETE", False, True),
        (503, "POST", False, False),
        (503, "PATCH", False, False),
        (503, "POST", True, True),
        (500, "GET", False, False),
        (404, "GET", False, False),
        (503, None, False, False),
    ],
)
def test_retry_is_advised_when_it_is_safe_and_may_help(
    status: int, method: str | None, key: bool, expected: bool
) -> None:
    assert is_retryable(status=status, method=method, has_idempotency_key=key) is expected


def test_code_is_the_same_on_every_python_when_phrases_have_changed() -> None:
    assert code_of(413) == "content_too_large"
    assert code_of(422) == "unprocessable_content"
    assert phrase_of(599) == "Internal Server Error"
    assert phrase_of(499) == "Bad Request"
