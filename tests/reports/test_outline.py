import gc
import weakref
from typing import Any

import pytest

from errorkit.conf import get_config
from errorkit.reports.messages import message_of, notes_of
from errorkit.reports.outline import MOST_EXCEPTIONS, NEWEST, OLDEST, outline_of
from tests.reports.failures import caught, outline_from


def shape(function: Any, *args: Any) -> list[tuple[str, str, int | None]]:
    return [
        (type(link.exc).__name__, link.relation, link.parent)
        for link in outline_from(function, *args).links
    ]


def test_chain_holds_cause_and_context_when_exceptions_are_chained() -> None:
    def fail() -> None:
        try:
            try:
                raise KeyError("a")
            except KeyError:
                raise ValueError("b")  # noqa: B904
        except ValueError as error:
            raise RuntimeError("c") from error

    assert shape(fail) == [
        ("RuntimeError", "raised", None),
        ("ValueError", "cause", 0),
        ("KeyError", "context", 1),
    ]


def test_context_is_left_out_when_it_is_suppressed() -> None:
    def fail() -> None:
        try:
            raise KeyError("a")
        except KeyError:
            raise ValueError("b") from None

    assert shape(fail) == [("ValueError", "raised", None)]


@pytest.mark.trap("T19")
def test_members_follow_when_a_group_is_raised() -> None:
    def fail() -> None:
        raise ExceptionGroup("all", [ValueError(1), ExceptionGroup("inner", [KeyError(2)])])

    assert shape(fail) == [
        ("ExceptionGroup", "raised", None),
        ("ValueError", "member", 0),
        ("ExceptionGroup", "member", 0),
        ("KeyError", "member", 2),
    ]


@pytest.mark.trap("T19")
def test_each_exception_comes_once_when_causes_are_a_cycle() -> None:
    first, second = ValueError(1), KeyError(2)
    first.__cause__, second.__cause__ = second, first

    links = outline_of(first, get_config()).links

    assert [link.exc for link in links] == [first, second]


def test_chain_is_cut_when_it_is_long() -> None:
    error: Exception = ValueError(0)
    for number in range(10_000):
        following = ValueError(number)
        following.__cause__ = error
        error = following

    assert len(outline_of(error, get_config()).links) == MOST_EXCEPTIONS


@pytest.mark.trap("T19")
def test_both_ends_stay_when_the_stack_is_long() -> None:
    def dive(depth: int) -> None:
        if depth == 0:
            raise ValueError("bottom")
        dive(depth - 1)

    raised = outline_from(dive, 800).raised

    assert len(raised.calls) == OLDEST + NEWEST
    assert raised.omitted == 802 - OLDEST - NEWEST
    assert raised.calls[0].place.function == "caught"
    assert raised.calls[-1].place.function.endswith("dive")


def test_hostile_properties_are_not_called_when_the_chain_is_walked() -> None:
    class Hostile(Exception):
        __traceback__ = __cause__ = __context__ = __class__ = property(  # type: ignore[assignment]
            lambda self: 1 / 0
        )

    assert shape(lambda: (_ for _ in ()).throw(Hostile("x")))[0] == ("Hostile", "raised", None)


@pytest.mark.trap("T18")
def test_message_is_cut_when_it_is_huge() -> None:
    assert len(message_of(ValueError("x" * 50_000_000))) < 5_000


@pytest.mark.trap("T18")
def test_message_names_the_failure_when_str_fails() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise ZeroDivisionError

    class Wrong(Exception):
        def __str__(self) -> str:
            return 7  # type: ignore[return-value]  # noqa: PLE0307

    assert message_of(Broken()) == "<ZeroDivisionError in __str__>"
    assert message_of(Wrong()) == "<TypeError in __str__>"


def test_arguments_are_named_by_type_when_they_are_not_plain() -> None:
    class Loud:
        def __repr__(self) -> str:
            raise AssertionError

        __str__ = __repr__

    assert message_of(ValueError(Loud())).endswith("Loud object>")
    assert message_of(ValueError("a", Loud())).startswith("a, <")
    assert message_of(KeyError("name")) == "'name'"
    assert message_of(OSError(2, "No such file", "/tmp/x")) == "[Errno 2] No such file: '/tmp/x'"


def test_notes_are_kept_when_they_are_texts() -> None:
    error = ValueError("x")
    error.add_note("while paying")
    error.__notes__.append(7)  # type: ignore[arg-type]

    assert notes_of(error) == ("while paying",)
    error.__notes__ = 7  # type: ignore[assignment]
    assert notes_of(error) == ()


@pytest.mark.trap("T19")
def test_syntax_errors_are_outlined_when_code_does_not_compile() -> None:
    raised = outline_from(compile, "a b", "<site>", "exec").raised

    assert raised.message.startswith("invalid syntax")


def test_locals_are_freed_when_the_outline_is_gone() -> None:
    class Order:
        pass

    def fail() -> None:
        order = Order()
        alive.append(weakref.ref(order))
        raise ValueError("x")

    alive: list[weakref.ref[Order]] = []
    outline_of(caught(fail), get_config())

    gc.collect()
    assert alive[0]() is None
