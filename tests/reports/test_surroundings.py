import errno
import json
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import OperationalError, connection

from errorkit.reports import context, machine, scope
from errorkit.reports.breadcrumbs import LENGTH, TrailHandler, current_trail
from errorkit.reports.families import family_of
from errorkit.reports.machine import machine as look
from tests.reports.failures import outline_from, report_from


def fail(error: BaseException, cause: BaseException | None = None) -> None:
    raise error from cause


@pytest.mark.parametrize(
    ("error", "family"),
    [
        (OperationalError("x"), "database"),
        (ImproperlyConfigured("x"), "configuration"),
        (ModuleNotFoundError("x"), "configuration"),
        (ConnectionRefusedError("x"), "upstream"),
        (TimeoutError("x"), "upstream"),
        (KeyError("x"), "missing"),
        (get_user_model().DoesNotExist("x"), "missing"),
        (AttributeError("'NoneType' object has no attribute 'total'"), "missing"),
        (AttributeError("'Order' object has no attribute 'total'"), "code"),
        (json.JSONDecodeError("x", "y", 0), "deserialisation"),
        (MemoryError(), "resource"),
        (OSError(errno.ENOSPC, "x"), "resource"),
        (RuntimeError("can't start new thread"), "resource"),
        (PermissionDenied("x"), "permission"),
        (ZeroDivisionError("x"), "code"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value)[:60],
)
def test_family_is_told_when_a_failure_is_outlined(error: BaseException, family: str) -> None:
    assert family_of(outline_from(fail, error)) == family
    assert report_from(fail, error).family == family


def test_family_is_that_of_the_cause_when_an_exception_wraps_another() -> None:
    assert family_of(outline_from(fail, RuntimeError("x"), OperationalError("y"))) == "database"
    assert family_of(outline_from(fail, OperationalError("x"), RuntimeError("y"))) == "database"


@pytest.fixture
def log() -> logging.Logger:
    # Outside the tree of loggers, because other handlers would format the records.
    logger = logging.Logger("tests.trail", logging.INFO)  # noqa: LOG001
    logger.addHandler(TrailHandler())
    return logger


def test_last_records_are_reported_when_the_site_installs_the_handler(log: logging.Logger) -> None:
    for number in range(LENGTH + 5):
        log.info("paid %s with password=%s", number, "hunter222")

    lines = report_from(fail, ValueError("x")).context["log"]

    assert len(lines) == LENGTH
    assert lines[-1].endswith(f"INFO tests.trail: paid {LENGTH + 4} with password=[redacted]")


def test_arguments_are_left_alone_when_they_are_not_plain(log: logging.Logger) -> None:
    class Loud:
        def __str__(self) -> str:
            raise AssertionError

        __repr__ = __str__

    log.info("order %s", Loud())
    log.info(Loud())

    assert [line.partition(": ")[2] for line in current_trail()] == ["order %s", "<Loud>"]


def test_everything_is_forgotten_when_a_request_begins(log: logging.Logger) -> None:
    log.info("before")
    context.set_tag("a", 1)
    context.set_context("b", 2)

    scope.clear()

    assert (current_trail(), context.current_tags(), context.current_context()) == ([], {}, {})


def test_context_is_bounded_when_a_site_adds_without_end() -> None:
    for number in range(1_000):
        context.set_tag(f"tag-{number}", number)
        context.set_context(f"context-{number}", number)

    assert len(context.current_tags()) == len(context.current_context()) == context.MOST


def test_machine_is_looked_at_once_when_many_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    original: Callable[[], dict[str, Any]] = machine._look

    def counted() -> dict[str, Any]:
        looks.append(1)
        return original()

    monkeypatch.setattr(machine, "_look", counted)
    monkeypatch.setattr(machine, "_taken", (float("-inf"), {}))
    monkeypatch.setattr(machine, "SECONDS", 1e9)

    first, second = look(), look()

    assert first is second
    assert looks == [1]
    assert first["memory_used"] > 1_000_000
    assert first["disk_free"] > 0


def test_machine_is_looked_at_once_when_many_fail_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[int] = []
    looking, looked = threading.Event(), threading.Event()

    def slow() -> dict[str, Any]:
        looks.append(1)
        looking.set()
        assert looked.wait(60)
        return {"load": 1}

    monkeypatch.setattr(machine, "_look", slow)
    monkeypatch.setattr(machine, "_taken", (float("-inf"), {"load": 0}))
    monkeypatch.setattr(machine, "SECONDS", 1e9)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(look)
        assert looking.wait(60)
        others = [look() for _ in range(10)]
        looked.set()

    assert first.result() == {"load": 1}
    assert others == [{"load": 0}] * 10
    assert looks == [1]


def test_machine_is_left_out_when_looking_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_to_look() -> dict[str, int]:
        raise psutil.AccessDenied

    monkeypatch.setattr(machine, "_memory", fail_to_look)
    monkeypatch.setattr(machine, "_taken", (float("-inf"), {}))

    assert look() == {}


@pytest.mark.django_db
def test_open_connections_are_counted_when_threads_have_their_own() -> None:
    before = machine._open_connections()
    opened, counted = threading.Event(), threading.Event()

    def use() -> None:
        connection.ensure_connection()
        opened.set()
        counted.wait(60)
        connection.close()

    thread = threading.Thread(target=use)
    thread.start()
    assert opened.wait(60)
    during = machine._open_connections()
    counted.set()
    thread.join()

    assert during == before + 1
    assert machine._open_connections() == before
