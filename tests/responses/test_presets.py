"""The presets of STATUS_MAP, held against the packages themselves: each class is raised by the real thing where that is cheap."""

import socket
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import httpx
import pytest
import redis
import requests
import urllib3
from django.db import ConnectionHandler
from django.test import override_settings
from django.utils.module_loading import import_string

from errorkit.conf import get_problems
from errorkit.responses.presets import DATABASE, HTTPX, REDIS, REQUESTS, UPSTREAM, URLLIB3
from errorkit.responses.statuses import resolve_status
from tests.servers import free_port
from tests.servers.receiver import mute

PRESETS = [DATABASE, HTTPX, REDIS, REQUESTS, URLLIB3]
SECONDS = 0.2


def answer(preset: Any, fail: Callable[[], Any]) -> tuple[int, int | None]:
    """Return what is answered to the failure."""
    try:
        fail()
    except Exception as exc:
        with override_settings(ERRORKIT={"STATUS_MAP": preset}):
            return resolve_status(exc)
    raise AssertionError("nothing failed")


@pytest.fixture
def refused() -> str:
    """An address where nobody listens."""
    return f"http://127.0.0.1:{free_port()}/"


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with mute() as port:
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture
def rude() -> Iterator[str]:
    """An address that answers once, with what is no HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)

        def talk() -> None:
            peer, _address = server.accept()
            with peer:
                peer.recv(65_536)
                peer.sendall(b"what?\r\n\r\n")

        thread = Thread(target=talk)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


@pytest.mark.parametrize("preset", [*PRESETS, UPSTREAM])
def test_preset_is_a_valid_status_map_when_it_is_used(preset: dict[str, int]) -> None:
    with override_settings(ERRORKIT={"STATUS_MAP": preset}):
        assert get_problems() == []


@pytest.mark.parametrize("path", sorted({path for preset in PRESETS for path in preset}))
def test_preset_names_a_class_when_the_package_is_installed(path: str) -> None:
    assert issubclass(import_string(path), Exception)


def ask_urllib3(url: str) -> object:
    with urllib3.PoolManager() as pool:
        return pool.request("GET", url, timeout=SECONDS, retries=False)


def ask_requests(url: str) -> object:
    return requests.get(url, timeout=SECONDS)


def ask_httpx(url: str) -> object:
    return httpx.get(url, timeout=SECONDS)


ASK = [(URLLIB3, ask_urllib3), (REQUESTS, ask_requests), (HTTPX, ask_httpx)]


@pytest.mark.parametrize(("preset", "ask"), ASK)
def test_status_is_502_when_an_upstream_cannot_be_reached(
    preset: object, ask: Callable[[str], object], refused: str
) -> None:
    assert answer(preset, lambda: ask(refused)) == (502, None)


@pytest.mark.parametrize(("preset", "ask"), ASK)
def test_status_is_504_when_an_upstream_says_nothing(
    preset: object, ask: Callable[[str], object], silent: str
) -> None:
    assert answer(preset, lambda: ask(silent)) == (504, None)


@pytest.mark.parametrize(("preset", "ask"), ASK)
def test_status_is_502_when_an_upstream_talks_nonsense(
    preset: object, ask: Callable[[str], object], rude: str
) -> None:
    assert answer(preset, lambda: ask(rude)) == (502, None)


def test_status_is_503_when_all_connections_of_httpx_are_in_use(silent: str) -> None:
    limits = httpx.Limits(max_connections=0)
    with httpx.Client(limits=limits, timeout=SECONDS) as client:
        assert answer(HTTPX, lambda: client.get(silent)) == (503, 30)


@pytest.mark.parametrize(
    ("preset", "exc", "status"),
    [
        # What needs more than one machine to happen.
        (REQUESTS, requests.ConnectTimeout("slow"), 504),
        (REQUESTS, requests.exceptions.SSLError("expired"), 502),
        (HTTPX, httpx.ConnectTimeout("slow"), 504),
        (URLLIB3, urllib3.exceptions.MaxRetryError(None, "/"), 502),  # type: ignore[arg-type]
        (URLLIB3, urllib3.exceptions.EmptyPoolError(None, "full"), 503),  # type: ignore[arg-type]
        (REDIS, redis.exceptions.MasterDownError("failover"), 503),
        (REDIS, redis.exceptions.ReadOnlyError("failover"), 503),
        # The site's own mistakes.
        (REQUESTS, requests.exceptions.InvalidJSONError("cannot be written"), 500),
        (REQUESTS, requests.exceptions.MissingSchema("no scheme"), 500),
        (HTTPX, httpx.LocalProtocolError("bad header"), 500),
        (HTTPX, httpx.UnsupportedProtocol("no scheme"), 500),
        (URLLIB3, urllib3.exceptions.LocationParseError("nonsense"), 500),
        (REDIS, redis.ResponseError("wrong number of arguments"), 500),
    ],
)
def test_status_is_that_of_the_closest_class_when_it_is(
    preset: object, exc: Exception, status: int
) -> None:
    def fail() -> None:
        raise exc

    assert answer(preset, fail)[0] == status


@pytest.mark.django_db
def test_status_is_503_when_the_database_cannot_be_opened() -> None:
    folder = {"ENGINE": "django.db.backends.sqlite3", "NAME": "/no/such/folder/db"}
    database = ConnectionHandler({"default": folder})["default"]

    assert answer(DATABASE, database.ensure_connection) == (503, 30)


def test_status_is_503_when_redis_is_away() -> None:
    away = redis.Redis(port=free_port(), socket_timeout=SECONDS, retry=None)

    assert answer(REDIS, away.ping) == (503, 30)


def test_status_is_503_when_redis_says_nothing() -> None:
    with mute() as port:
        away = redis.Redis(port=port, socket_timeout=SECONDS, retry=None)

        assert answer(REDIS, away.ping) == (503, 30)
