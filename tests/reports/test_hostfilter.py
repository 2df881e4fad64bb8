"""The site's own exception reporter filter decides what is hidden, and cannot do any harm."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import RequestFactory, override_settings
from django.utils.functional import SimpleLazyObject
from django.views.debug import (
    SafeExceptionReporterFilter,
    get_default_exception_reporter_filter,
)
from django.views.decorators.debug import sensitive_variables

from errorkit.reports.hostfilter import host_filter_of
from errorkit.reports.report import Report
from tests.reports.failures import locals_of, report_from

MASK = "[redacted]"
CANARY = "canary-0815"


class OwnFilter(SafeExceptionReporterFilter):
    """Hides, besides what Django does, everything about customers."""

    hidden_settings = re.compile("CUSTOMER", re.IGNORECASE)

    def get_post_parameters(self, request: Any) -> dict[str, Any]:
        cleaned = dict(super().get_post_parameters(request))
        return {name: ["***"] if "customer" in name else value for name, value in cleaned.items()}

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> Any:
        for name, value in super().get_traceback_frame_variables(request, tb_frame):
            if name.startswith("customer"):
                yield name, self.cleansed_substitute
            elif name != "dropped":
                yield name, value


class BrokenFilter(SafeExceptionReporterFilter):
    def get_safe_request_meta(self, request: Any) -> dict[str, Any]:
        raise RuntimeError

    def get_post_parameters(self, request: Any) -> dict[str, Any]:
        raise RuntimeError

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> Any:
        raise RuntimeError


@pytest.fixture
def own_filter() -> Iterator[None]:
    with override_settings(DEFAULT_EXCEPTION_REPORTER_FILTER=f"{__name__}.OwnFilter"):
        get_default_exception_reporter_filter.cache_clear()
        yield
    get_default_exception_reporter_filter.cache_clear()


def ask(**headers: str) -> Any:
    request = RequestFactory().post("/pay/", {"customer": CANARY, "size": "large"}, **headers)
    assert request.POST
    return request


def fail(message: str = "x") -> None:
    customer_name = CANARY
    dropped = 7
    size = "large"
    raise ValueError(message, customer_name and dropped and size)


@sensitive_variables("size")
def fail_with_marks() -> None:
    fail()


def build(function: Any = fail, *args: Any, request: Any = None) -> Report:
    return report_from(function, *args, request=request or ask())


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.usefixtures("own_filter")
def test_locals_are_hidden_when_the_sites_filter_hides_them(debug: bool) -> None:
    with override_settings(DEBUG=debug):
        report = build()

    found = locals_of(report)
    assert (found["customer_name"], found["dropped"]) == (MASK, MASK)
    assert found["size"] == "'large'"
    assert CANARY not in report.to_json()


@pytest.mark.usefixtures("own_filter")
def test_marks_are_honoured_when_the_site_has_a_filter_too() -> None:
    found = locals_of(build(fail_with_marks))

    assert (found["customer_name"], found["size"]) == (MASK, MASK)


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.usefixtures("own_filter")
def test_headers_and_forms_are_hidden_when_the_sites_filter_hides_them(debug: bool) -> None:
    with override_settings(DEBUG=debug):
        request = ask(HTTP_X_CUSTOMER="cust-4711")
        report = build(fail, f"cust-4711 {CANARY}", request=request)

    assert report.request is not None
    assert report.request.headers["X-Customer"] == MASK
    assert report.exceptions[0].message.startswith(f"('{MASK} {MASK}'")


@pytest.mark.usefixtures("own_filter")
def test_settings_are_secret_when_the_sites_filter_hides_them() -> None:
    with override_settings(CUSTOMER_CODE="code-4711", SHOP_CODE="shop-4711"):
        message = build(fail, "code-4711 shop-4711 auth.User").exceptions[0].message

    assert message.startswith(f"('{MASK} shop-4711 auth.User'")


def test_filter_of_the_request_decides_when_it_has_one() -> None:
    request = ask()
    request.exception_reporter_filter = OwnFilter()

    assert locals_of(build(request=request))["customer_name"] == MASK


def test_all_is_hidden_when_the_sites_filter_fails() -> None:
    request = ask(HTTP_X_SIZE="large")
    request.exception_reporter_filter = BrokenFilter()

    report = build(request=request)

    assert set(locals_of(report).values()) == {MASK}
    assert report.request is not None
    assert set(report.request.headers.values()) == {MASK}
    assert report.request.path == "/pay/"


def test_report_is_built_when_the_filter_cannot_be_made() -> None:
    with override_settings(DEFAULT_EXCEPTION_REPORTER_FILTER="no.such.Filter"):
        get_default_exception_reporter_filter.cache_clear()

        assert locals_of(build())["size"] == "'large'"


class Hostile:
    def _refuse(self, *_: Any) -> Any:
        raise AssertionError("the site's object was touched")

    __repr__ = __str__ = __eq__ = __hash__ = __bool__ = __len__ = _refuse  # type: ignore[assignment]


def fail_among_hostile_objects(lazy: Any, rows: Any) -> None:
    customer = Hostile()
    raise ValueError(customer is lazy or rows is lazy)


@pytest.mark.django_db
@pytest.mark.usefixtures("own_filter")
def test_no_object_of_the_site_is_touched_when_its_filter_is_asked(
    django_assert_num_queries: Any,
) -> None:
    users = get_user_model().objects
    lazy = SimpleLazyObject(users.get)

    with django_assert_num_queries(0):
        found = locals_of(build(fail_among_hostile_objects, lazy, users.all()))

    assert found["customer"] == MASK
    assert "QuerySet" in found["rows"]


def test_nothing_is_asked_when_the_filter_is_djangos() -> None:
    request = ask()
    request.exception_reporter_filter = SafeExceptionReporterFilter()

    assert host_filter_of(ask()) is None
    assert host_filter_of(None) is None
    assert host_filter_of(request) is None
