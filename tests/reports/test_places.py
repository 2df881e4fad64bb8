import json
import sys
from types import FunctionType
from typing import Any

import pytest

from errorkit.conf import InApp
from errorkit.reports import places
from errorkit.reports.places import is_in_app, place_of


@pytest.mark.parametrize(
    ("module", "path", "in_app"),
    [
        ("shop.views", "/srv/shop/views.py", True),
        ("__main__", "/srv/manage.py", True),
        ("django.http", "/venv/lib/python3.13/site-packages/django/http.py", False),
        ("six", "/usr/lib/python3/dist-packages/six.py", False),
        ("json.decoder", json.__file__, False),
        ("importlib._bootstrap", "<frozen importlib._bootstrap>", False),
        ("shop.models", "<string>", False),
        ("errorkit.middleware", "/srv/errorkit/middleware.py", False),
        ("errorkit_extras", "/srv/errorkit_extras.py", True),
    ],
)
def test_file_decides_when_no_rule_names_the_module(module: str, path: str, in_app: bool) -> None:
    stdlib = places._is_stdlib(path)

    assert is_in_app(module, path, InApp(), stdlib=stdlib) is in_app


@pytest.mark.parametrize(
    ("module", "in_app"),
    [
        ("shop", True),
        ("shop.views", True),
        ("shop.vendor", False),
        ("shop.vendor.ours", True),
        ("shopping", False),
    ],
)
def test_longest_prefix_decides_when_rules_overlap(module: str, in_app: bool) -> None:
    rule = InApp(include=("shop", "shop.vendor.ours"), exclude=("shop.vendor",))

    assert is_in_app(module, "/x/site-packages/shop/a.py", rule, stdlib=False) is in_app


def test_key_is_that_of_the_function_when_the_frame_is_a_comprehension() -> None:
    def outer() -> Any:
        def inner() -> Any:
            return list(sys._getframe() for _ in range(1))  # noqa: C400

        return inner()

    place = place_of(outer()[0], InApp())

    assert (
        place.key
        == f"{__name__}.test_key_is_that_of_the_function_when_the_frame_is_a_comprehension.outer.inner"
    )
    assert place.function.endswith("<genexpr>")
    assert place.filename == "tests/reports/test_places.py"


def test_module_is_unknown_when_globals_are_odd() -> None:
    code = (lambda: sys._getframe()).__code__  # noqa: PLW0108
    function = FunctionType(code, {"sys": sys, "__name__": 7})

    assert place_of(function(), InApp()).module == "?"


def test_memo_stays_bounded_when_code_is_made_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MEMO_SIZE", 10)
    for number in range(30):
        scope: dict[str, Any] = {"sys": sys}
        exec(f"def f{number}(): return sys._getframe()", scope)
        place_of(scope[f"f{number}"](), InApp())

    assert len(places._memo) <= 10
