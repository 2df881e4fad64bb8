import socket
import time
from collections.abc import Iterator

import pytest

from errorkit.storage.deadline import deadline
from tests.processes import wait_until


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_write_ends_when_the_server_is_silent(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    started = time.monotonic()

    with deadline(ours, 0.1) as watch:
        assert ours.recv(1) == b""  # what a driver sees: the connection was closed

    assert watch is not None
    assert watch.fired
    assert time.monotonic() - started < 10


def test_connection_is_left_alone_when_the_write_was_in_time(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair

    with deadline(ours, 60.0) as watch:
        ours.send(b"x")

    assert watch is not None
    assert not watch.fired
    assert theirs.recv(1) == b"x"


def test_another_connection_is_not_cut_when_its_number_is_used_again() -> None:
    first, other_end = socket.socketpair()
    with deadline(first, 0.1) as watch:
        number = first.fileno()
        first.close()
        again, peer = socket.socketpair()
        try:
            assert number in {again.fileno(), peer.fileno()}
            assert watch is not None
            wait_until(lambda: watch.fired)
            again.send(b"x")
            assert peer.recv(1) == b"x"
        finally:
            for each in (other_end, again, peer):
                each.close()


def test_nothing_is_watched_when_the_driver_has_no_socket() -> None:
    with deadline(object()) as watch:
        assert watch is None
