"""What one request adds to its reports is in no other's."""

import asyncio
import logging
from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from errorkit import set_context, set_tag
from errorkit.reports.breadcrumbs import TrailHandler
from errorkit.testing import captured

# Outside the tree of loggers, because other handlers would format the records.
log = logging.Logger("tests.context", logging.INFO)  # noqa: LOG001
log.addHandler(TrailHandler())


def note(request: HttpRequest) -> None:
    if name := request.GET.get("name"):
        set_tag("name", name)
        set_context("basket", {"of": name})
        log.info("paid by %s", name)


def pay(request: HttpRequest) -> HttpResponse:
    note(request)
    raise ValueError("no money")


def fine(request: HttpRequest) -> HttpResponse:
    note(request)
    return HttpResponse("fine")


async def pay_async(request: HttpRequest) -> HttpResponse:
    note(request)
    await asyncio.sleep(0.01)
    raise ValueError("no money")


async def fine_async(request: HttpRequest) -> HttpResponse:
    note(request)
    return HttpResponse("fine")


class Site:
    urlpatterns = [
        path("pay/", pay),
        path("fine/", fine),
        path("async/pay/", pay_async),
        path("async/fine/", fine_async),
    ]


@pytest.fixture(autouse=True)
def urls() -> Iterator[None]:
    with override_settings(ROOT_URLCONF=Site):
        yield


@pytest.mark.parametrize("first", ["/pay/?name=ada", "/fine/?name=ada", "/async/fine/?name=ada"])
@pytest.mark.parametrize("second", ["/pay/", "/async/pay/"])
def test_nothing_is_left_when_the_next_request_of_a_thread_fails(
    visitor: Client, first: str, second: str
) -> None:
    visitor.get(first)

    with captured() as reports:
        visitor.get(second)

    [report] = reports
    assert report.tags == {}
    assert "basket" not in report.context
    assert "log" not in report.context


@pytest.mark.parametrize("first", ["/pay/?name=ada", "/async/fine/?name=ada"])
@pytest.mark.parametrize("second", ["/pay/", "/async/pay/"])
@pytest.mark.anyio
async def test_nothing_is_left_when_the_next_async_request_fails(
    async_visitor: AsyncClient, first: str, second: str
) -> None:
    await async_visitor.get(first)

    with captured() as reports:
        await async_visitor.get(second)

    [report] = reports
    assert report.tags == {}
    assert "basket" not in report.context
    assert "log" not in report.context


@pytest.mark.parametrize("view", ["/pay/", "/async/pay/"])
@pytest.mark.anyio
async def test_each_has_its_own_when_async_requests_fail_at_once(
    async_visitor: AsyncClient, view: str
) -> None:
    names = [f"person-{number}" for number in range(8)]

    with captured() as reports:
        await asyncio.gather(*[async_visitor.get(f"{view}?name={name}") for name in names])

    assert sorted(report.tags["name"] for report in reports) == names
    for report in reports:
        name = report.tags["name"]
        assert report.context["basket"] == {"of": name}
        assert [line.endswith(f"paid by {name}") for line in report.context["log"]] == [True]
