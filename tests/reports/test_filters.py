import asyncio
from typing import Any

import pytest
from django.core.exceptions import RequestAborted
from django.http import UnreadablePostError
from django.test import RequestFactory, override_settings

from errorkit.conf import get_config
from errorkit.reports.filters import is_ignored
from tests.reports.failures import caught


class Declined(ValueError):
    pass


def ignored(exc: BaseException, path: str = "/shop/7/") -> bool:
    return is_ignored(exc, RequestFactory().get(path), get_config())


def raised_in(module: str, error: BaseException) -> BaseException:
    """Return the error, raised by code of another module."""
    scope: dict[str, Any] = {"__name__": module, "error": error}
    exec(
        compile("def write():\n    raise error", f"/venv/site-packages/{module}.py", "exec"), scope
    )
    return caught(scope["write"])


@pytest.mark.parametrize(
    "error",
    [SystemExit(1), KeyboardInterrupt(), GeneratorExit(), asyncio.CancelledError(), RequestAborted(), UnreadablePostError(), BaseExceptionGroup("x", [KeyboardInterrupt()])],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_failure_is_ignored_when_it_is_none(error: BaseException) -> None:
    assert ignored(error)


@pytest.mark.trap("T21")
@pytest.mark.parametrize("error", [BrokenPipeError(32, "x"), ConnectionResetError(104, "x")], ids=["pipe", "reset"])  # fmt: skip
def test_broken_stream_is_ignored_when_the_server_was_writing(error: OSError) -> None:
    assert ignored(raised_in("gunicorn.http.wsgi", error))
    assert ignored(raised_in("wsgiref.handlers", error))


@pytest.mark.trap("T21")
def test_broken_stream_counts_when_an_upstream_broke_it() -> None:
    assert not ignored(raised_in("urllib3.connection", ConnectionResetError()))
    assert not ignored(caught(lambda: (_ for _ in ()).throw(BrokenPipeError())))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (f"{__name__}.Declined", True),
        ("ValueError", True),
        ("builtins.ValueError", True),
        ("KeyError", False),
        ("/shop/*", True),
        ("*/7/", True),
        ("/blog/*", False),
        (lambda exc, request: request.path == "/shop/7/", True),
        (lambda exc, request: 1 / 0, False),
    ],
    ids=["class", "base", "builtin", "other", "path", "glob", "elsewhere", "callable", "broken"],
)
def test_rule_decides_when_the_setting_has_one(rule: Any, expected: bool) -> None:
    with override_settings(ERRORKIT={"IGNORE": [rule]}):
        assert ignored(Declined()) is expected
        assert is_ignored(Declined(), None, get_config()) is (
            expected and isinstance(rule, str) and "/" not in rule
        )
