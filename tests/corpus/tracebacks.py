"""Run every bug of the shop in several ways and keep the exceptions, each with the name of its bug."""

import functools
import inspect
import logging
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from asgiref.sync import async_to_sync
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

SOURCE = Path(__file__).with_name("shop.py")
# Parts of the shop, and no bugs by themselves.
HELPERS = frozenset(
    [
        "logged",
        "store",
        "store_without",
        "register_without",
        "query",
        "render",
        "ask",
        "category",
        "parent_category",
        "nested",
        "tree",
        "lines_of",
        "first_of",
        "pack",
        "amount",
        "locked",
    ]
)

current: Callable[[], Any] = dict


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One failure that really happened."""

    bug: str
    variant: str
    exc: BaseException


def view(request: HttpRequest) -> HttpResponse:
    """Run the current bug inside a request."""
    return HttpResponse(str(current()))


urlpatterns = [path("", view)]


def samples() -> Iterator[Sample]:
    """Yield each bug in five variants: other values, moved lines, another folder, a thread, WSGI and ASGI."""
    first, second = _load(0, "/srv/shop"), _load(57, "/home/deploy/releases/20260102/shop")
    for bug in bugs(first):
        for variant, module, value, run in (
            ("as it is", first, 7, _directly),
            ("other value, moved lines", second, 23, _directly),
            ("other value, in a thread", first, 13, _in_a_thread),
            ("under WSGI, moved lines", second, 7, _under_wsgi),
            ("under ASGI, other value", first, 23, _under_asgi),
        ):
            yield Sample(bug=bug, variant=variant, exc=_caught(run, _bug(module, bug), value))


def bugs(shop: ModuleType) -> list[str]:
    """Return the names of the bugs: functions, and what BUGS lists."""
    return [
        *shop.BUGS,
        *[
            name
            for name, member in vars(shop).items()
            if inspect.isfunction(member)
            and member.__module__ == "shop"
            and name not in HELPERS
            and not inspect.iscoroutinefunction(member)
        ],
    ]


def _bug(shop: ModuleType, name: str) -> Callable[[int], Any]:
    if name in shop.BUGS:
        return functools.partial(*shop.BUGS[name])
    function: Callable[[int], Any] = getattr(shop, name)
    return function


def _load(shift: int, folder: str) -> ModuleType:
    module = ModuleType("shop")
    sys.modules["shop"] = module
    source = "\n" * shift + SOURCE.read_text()
    exec(compile(source, f"{folder}/shop.py", "exec"), vars(module))
    return module


def _caught(run: Callable[..., Any], bug: Callable[[int], Any], value: int) -> BaseException:
    try:
        run(bug, value)
    except Exception as error:
        return error.with_traceback(_without_harness(error.__traceback__))
    raise AssertionError(f"{bug} did not fail")


def _without_harness(traceback: TracebackType | None) -> TracebackType | None:
    """Drop our own frames, which every sample would have in common."""
    entries: list[TracebackType] = []
    while traceback is not None:
        if traceback.tb_frame.f_globals is not globals():
            entries.append(traceback)
        traceback = traceback.tb_next
    for each in reversed(entries):
        traceback = TracebackType(traceback, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return traceback


def _directly(bug: Callable[[int], Any], value: int) -> Any:
    return bug(value)


def _in_a_thread(bug: Callable[[int], Any], value: int) -> Any:
    def run() -> Any:
        try:
            return bug(value)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def _under_wsgi(bug: Callable[[int], Any], value: int) -> Any:
    return _in_request(lambda: Client().get("/"), bug, value)


def _under_asgi(bug: Callable[[int], Any], value: int) -> Any:
    return _in_request(lambda: async_to_sync(AsyncClient().get)("/"), bug, value)


def _in_request(get: Callable[[], Any], bug: Callable[[int], Any], value: int) -> Any:
    global current
    current = functools.partial(bug, value)
    log = logging.getLogger("django.request")
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[], ERRORKIT={"ENABLED": False}):
        # Writing each traceback out takes longer than all the rest.
        log.disabled = True
        try:
            return get()
        finally:
            log.disabled = False
