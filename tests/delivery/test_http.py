import base64
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from urllib3.exceptions import HTTPError

from errorkit.delivery import http
from errorkit.delivery.addresses import ForbiddenAddressError, is_public, resolve_public
from errorkit.delivery.http import Client, problem_of
from tests.servers.receiver import HELLO, Receiver, Reply, speaking


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1%eth0"),
        *("fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"),
        *("2002:7f00:1::", "2001:db8::1", "nonsense", ""),
    ],
)
def test_address_is_not_public_when_it_leads_inside(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "64:ff9b::101:101"]
)
def test_address_is_public_when_it_is_on_the_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]"]
)
def test_nothing_is_sent_when_a_stored_url_leads_inside(receiver: Receiver, host: str) -> None:
    with pytest.raises(HTTPError):
        Client(public_only=True).post(f"http://{host}:{receiver.port}/", b"", {})

    assert receiver.received == []


def test_name_is_refused_when_only_one_of_its_addresses_leads_inside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))
            for address in ("1.1.1.1", "10.0.0.1")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    with pytest.raises(ForbiddenAddressError):
        resolve_public("two-faced.example", 80)


def test_private_address_is_reached_when_the_url_is_from_the_settings(receiver: Receiver) -> None:
    assert Client().post(f"{receiver.url}/x", b"hello", {}).status == 200
    assert receiver.received[0].body == b"hello"


def test_redirect_is_an_answer_and_not_followed(receiver: Receiver) -> None:
    receiver.plan = [Reply(status=307, headers={"Location": f"{receiver.url}/elsewhere"})]

    answer = Client().post(receiver.url, b"secret", {})

    assert answer.status == 307
    assert len(receiver.received) == 1


def test_call_ends_in_time_when_a_handshake_comes_to_no_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(http, "READ_SECONDS", 0.3)
    with speaking(HELLO, drip=True) as port:
        started = time.monotonic()
        with pytest.raises(HTTPError):
            http.Client().post(f"https://127.0.0.1:{port}/", b"", {})

    assert time.monotonic() - started < 6


def test_answer_is_cut_when_it_is_long(receiver: Receiver) -> None:
    receiver.plan = [Reply(body=b"x" * 1_000_000), Reply()]
    client = Client()

    assert len(client.post(receiver.url, b"", {}).body) <= 20_000
    assert client.post(receiver.url, b"", {}).status == 200


def test_proxy_of_the_environment_is_used_when_the_url_is_from_the_settings(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", receiver.url)

    Client().post("http://collector.example/in", b"", {})

    assert receiver.received[0].path == "http://collector.example/in"


@pytest.mark.parametrize("scheme", ["http://", ""], ids=["with scheme", "without"])
def test_proxy_is_told_its_credentials_and_nobody_elses(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("http_proxy", f"{scheme}ada:p%40ss@127.0.0.1:{receiver.port}")

    Client().post("http://bob:w%3Ard@collector.example/in", b"", {})

    [request] = receiver.received
    assert request.path == "http://collector.example/in"
    assert request.headers["Proxy-Authorization"] == basic("ada:p@ss")
    assert request.headers["Authorization"] == basic("bob:w:rd")


def test_proxy_for_everything_is_used_and_left_out_where_no_proxy_says_so(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("all_proxy", receiver.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    Client().post("http://collector.example/in", b"", {})
    Client().post(f"http://ada:word@127.0.0.1:{receiver.port}/direct", b"", {})

    assert [each.path for each in receiver.received] == ["http://collector.example/in", "/direct"]


def basic(credentials: str) -> str:
    return "Basic " + base64.b64encode(credentials.encode()).decode()


@pytest.mark.parametrize(
    "url", ["", "x", "//x.example", "file:///etc/passwd", "http://", "http://x:99999/", "http://ä/"]
)
def test_url_has_a_problem_when_it_cannot_be_posted_to(url: str) -> None:
    assert problem_of(url)
