"""Hostile requests and hostile exceptions: a correct answer, a stored row, no second exception."""

import re
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.processes import wait_until
from tests.sites import LOG_TO_TERMINAL, Site
from tests.sites.site import ROOT

VIEWS = r"""
from django.http import HttpResponse


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


class NoText(Exception):
    def __str__(self):
        return None


def hostile(request, kind):
    getattr(Hostile, kind)()


class Hostile:
    def str_raises():
        raise Unprintable

    def str_is_none():
        raise NoText

    def huge():
        raise ValueError("x" * 50_000_000)

    def cyclic():
        first, second = ValueError("first"), ValueError("second")
        first.__cause__, second.__cause__ = second, first
        raise first

    def surrogates():
        broken = "\ud800\x00\x1b[31m"
        raise ValueError("\ud800\x00 broken \udfff", broken)

    def nul_type():
        raise type("Na\x00me\ud800", (Exception,), {})("x")

    def recursion():
        def down():
            down()
        down()

    def group():
        raise ExceptionGroup("many", [ValueError(n) for n in range(5000)])

    def deep_chain():
        def raise_from(n):
            try:
                if n:
                    raise_from(n - 1)
            finally:
                raise ValueError(n)
        raise_from(200)

    def notes():
        error = ValueError("noted")
        error.__notes__ = 3
        raise error

    def syntax():
        compile("def (:", "<hostile\x00>", "exec")

    def locals_that_bite():
        class Bites:
            def __getattribute__(self, name):
                raise RuntimeError("bitten")

            def __repr__(self):
                raise RuntimeError("bitten")

            __len__ = __bool__ = __str__ = __iter__ = __repr__

        bites, many = Bites(), {Bites(): [Bites()] * 3}
        raise ValueError("bites are local")

    def no_memory():
        raise MemoryError


def boom(request):
    raise ValueError("plain")
"""
URLS = 'path("hostile/<kind>/", views.hostile),\npath("boom/", views.boom),'
KINDS = [
    *("str_raises", "str_is_none", "huge", "cyclic", "surrogates", "nul_type", "recursion"),
    *("group", "deep_chain", "notes", "syntax", "locals_that_bite", "no_memory"),
]
HEADERS = {
    "accept-bogus-charset": b"Accept: text/html;x*=bogus''v",
    "accept-undefined": b"Accept: text/html;x*=undefined''v;q=nan",
    "accept-long": b"Accept: " + b"a/b," * 1500,
    "accept-bytes": b"Accept: \xff\xfe/\x80;q=\xe4",
    "request-id-long": b"X-Request-ID: " + b"a" * 6000,
    "request-id-escape": b"X-Request-ID: \x1b[31mred",
    "request-id-twice": b"X-Request-ID: one-two-three\r\nX-Request-ID: four-five-six",
    "cookie": b'Cookie: ;;=;\xff\xff=\x80; sessionid="\\"',
    "language": b"Accept-Language: " + b"x-" * 2000 + b", de;q=9, *;q=\xff",
    "traceparent": b"traceparent: 00-" + b"0" * 32 + b"-\xff-zz",
    "content-type": b"Content-Type: text/html; charset=\xff; boundary=\x80",
}


@pytest.fixture(params=["gthread", "uvicorn"])
def site(request: pytest.FixtureRequest, shared_site: Callable[..., Site]) -> Site:
    return shared_site(
        request.param,
        server=request.param,
        views=VIEWS,
        urls=URLS,
        settings={
            "LOGGING": LOG_TO_TERMINAL,
            "ERRORKIT": {"TRUSTED_REQUEST_ID_PROXIES": ["*"]},
        },
    )


def send(site: Site, path: str, header: bytes = b"Accept: application/json") -> tuple[bytes, bytes]:
    """Send one raw request and return head and body of the answer."""
    with socket.create_connection(("127.0.0.1", site.port), 30) as connection:
        connection.sendall(
            b"GET "
            + path.encode()
            + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            + header
            + b"\r\n\r\n"
        )
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


REFERENCE = re.compile(rb"\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b")


def is_stored_once(site: Site, body: bytes) -> bool:
    """Return whether the failure of this answer is digested; straight from the file, because a process per look is slow."""
    match = REFERENCE.search(body)
    assert match is not None, body[:2000]
    with closing(sqlite3.connect(site.database.settings["NAME"])) as connection:
        query = "SELECT COUNT(*) FROM errorkit_occurrence WHERE incident_id IS NOT NULL AND reference = ?"
        return connection.execute(query, (match[0].decode(),)).fetchone() == (1,)


@pytest.mark.trap("T18", "T19")
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_exception_is_answered_and_stored(site: Site, kind: str) -> None:
    head, body = send(site, f"/hostile/{kind}/")

    assert head.startswith(b"HTTP/1.1 500 "), head
    assert b'"reference"' in body
    wait_until(lambda: is_stored_once(site, body), 60, what=f"{kind} stored once")


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_hostile_header_is_answered_and_stored(site: Site, header: bytes) -> None:
    head, body = send(site, "/boom/", header)

    # A server may refuse the header itself; what reaches Django is answered as any other failure.
    if head.startswith(b"HTTP/1.1 400 "):
        return
    assert head.startswith(b"HTTP/1.1 500 "), head
    assert b"x-request-id: " in head.lower()
    assert b"\x1b" not in head
    assert len(body) > 20
    wait_until(lambda: is_stored_once(site, body), 60, what="stored once")


def test_nothing_hostile_made_errorkit_fail(site: Site) -> None:
    for kind in KINDS:
        send(site, f"/hostile/{kind}/")

    assert f"{ROOT / 'errorkit'}/" not in site.output()
