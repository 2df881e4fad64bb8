import time
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse, QueryDict
from django.utils.functional import SimpleLazyObject, lazystr
from django.utils.safestring import mark_safe

from errorkit.reports.names import Names
from errorkit.reports.values import CUT, ValueWriter


def write(value: Any, name: str = "value") -> str:
    return ValueWriter(Names(), lambda _: None).write_locals([(name, value)], (), 1e18)[name]


class Colour(StrEnum):
    RED = "red"


class Hostile:
    """Whatever is asked of it, it counts that as harm."""

    harmed: list[str] = []

    def _harm(self, *args: Any) -> Any:
        Hostile.harmed.append(repr(args))
        time.sleep(30)
        raise RuntimeError

    __repr__ = __str__ = __len__ = __bool__ = __iter__ = __eq__ = __format__ = _harm  # type: ignore[assignment]
    __hash__ = __getattr__ = __dir__ = __call__ = __contains__ = __getitem__ = __index__ = _harm  # type: ignore[assignment]

    @property
    def __class__(self) -> Any:
        return self._harm()

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        return self._harm()


class HostileMeta(type):
    @property
    def __module__(cls) -> str:  # type: ignore[override]
        raise RuntimeError

    def __repr__(cls) -> str:
        raise RuntimeError


class OddlyMade(metaclass=HostileMeta):
    pass


class LoudDict(dict):
    def items(self) -> Any:
        raise AssertionError

    __iter__ = __len__ = __getitem__ = keys = values = __repr__ = items  # type: ignore[assignment]


class LoudStr(str):
    def __repr__(self) -> str:
        raise AssertionError

    __str__ = __len__ = __getitem__ = __format__ = __repr__  # type: ignore[assignment]


class LoudZone(tzinfo):
    def __repr__(self) -> str:
        raise AssertionError

    utcoffset = dst = tzname = lambda self, when: None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (7, "7"),
        (1.5, "1.5"),
        ("it's", '"it\'s"'),
        (b"raw", "b'raw'"),
        (Decimal("1.20"), "Decimal('1.20')"),
        (date(2026, 1, 2), "datetime.date(2026, 1, 2)"),
        (timedelta(seconds=3), "datetime.timedelta(seconds=3)"),
        (
            datetime(2026, 1, 2, tzinfo=UTC),
            "datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)",
        ),
        (UUID(int=5), "UUID('00000000-0000-0000-0000-000000000005')"),
        ([1, "a", (2,)], "[1, 'a', (2)]"),
        ({"a": {1: None}}, "{'a': {1: None}}"),
        (frozenset({1}), "frozenset({1})"),
        (OrderedDict(a=1), "OrderedDict({'a': 1})"),
        (QueryDict("a=1&a=2"), "QueryDict({'a': ['1', '2']})"),
        (mark_safe("<b>"), "SafeString('<b>')"),
        (Colour.RED, "Colour('red')"),
        (Colour, "<class tests.reports.test_values.Colour>"),
        (len, "<function len>"),
        (time, "<module time>"),
    ],
)
def test_value_is_written_when_it_is_plain(value: Any, text: str) -> None:
    assert write(value) == text


@pytest.mark.parametrize(
    "wrap",
    [lambda it: it, lambda it: [it], lambda it: {"key": [it]}, lambda it: (it,)],
    ids=["alone", "list", "dict", "tuple"],
)
def test_value_is_named_by_type_when_it_is_hostile(wrap: Any) -> None:
    text = write(wrap(Hostile()))

    assert "<tests.reports.test_values.Hostile object>" in text
    assert Hostile.harmed == []


def test_value_is_written_when_its_class_has_a_hostile_metaclass() -> None:
    assert write(OddlyMade()).endswith("OddlyMade object>")
    assert "OddlyMade" in write(OddlyMade)


def test_value_is_written_by_the_builtin_when_a_subclass_overrides_everything() -> None:
    assert write(LoudDict(a=1)) == "LoudDict({'a': 1})"
    assert write(LoudStr("abc")) == "LoudStr('abc')"
    assert write(datetime(2026, 1, 1, tzinfo=LoudZone())) == "<datetime.datetime>"


@pytest.mark.django_db
def test_no_query_runs_when_locals_are_querysets_models_or_lazy(
    django_assert_num_queries: Any,
) -> None:
    user = get_user_model()(pk=17, username="ada")
    woken: list[int] = []
    lazy = SimpleLazyObject(lambda: woken.append(1))

    with django_assert_num_queries(0):
        text = write([get_user_model().objects.all(), user, lazy, lazystr("x"), HttpResponse("no")])

    assert woken == []
    assert text == (
        "[<django.db.models.query.QuerySet object>, <django.contrib.auth.models.User pk=17>, "
        "<django.utils.functional.SimpleLazyObject object>, "
        "<django.utils.functional.lazy.<locals>.__proxy__ object>, "
        "<django.http.response.HttpResponse object>]"
    )


@pytest.mark.parametrize(
    "value",
    [
        "x" * 50_000_000,
        b"x" * 50_000_000,
        list(range(2_000_000)),
        dict.fromkeys(range(1_000_000)),
        10**100_000,
        Decimal("1" * 100_000),
        [[[[[[["deep"]]]]]]],
        {"k" * 100_000: 1},
        [["x" * 300] * 100] * 100,
    ],
    ids=["text", "bytes", "list", "dict", "int", "decimal", "nested", "key", "wide"],
)
def test_text_is_bounded_when_a_value_is_huge(value: Any) -> None:
    started = time.perf_counter()

    text = write(value)

    assert len(text) < 50_000
    assert time.perf_counter() - started < 2


def test_text_is_cut_when_a_container_contains_itself() -> None:
    value: list[Any] = [1]
    value.append(value)

    assert write(value) == f"[1, [1, [1, [1, [{CUT}]]]]]"


def test_nothing_is_written_when_the_time_is_up() -> None:
    writer = ValueWriter(Names(), lambda _: None)

    assert writer.write_locals([("a", 1), ("b", [1]), ("c", 2)], (), 0.0) == {"a": "1"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"password": "hunter22"}, "{'password': [redacted]}"),
        ({"password": None, "token": ""}, "{'password': None, 'token': ''}"),
        ([("api_key", "abc"), ("page", "2")], "[('api_key', [redacted]), ('page', '2')]"),
        ({b"authorization": b"Bearer x"}, "{b'authorization': [redacted]}"),
        ({"a": [{"headers": {"Cookie": "x=1"}}]}, "{'a': [{'headers': {'Cookie': [redacted]}}]}"),
    ],
)
def test_value_is_hidden_when_a_key_names_a_secret(value: Any, text: str) -> None:
    assert write(value) == text


def test_container_is_written_once_when_it_is_handed_on() -> None:
    writer = ValueWriter(Names(), lambda _: None)
    shared = {"a": "12345678"}

    texts = writer.write_locals([("first", shared), ("second", shared)], (), 1e18)

    assert texts == dict.fromkeys(("first", "second"), "{'a': '12345678'}")
    assert writer.suspects == ["12345678"]
