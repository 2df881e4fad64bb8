"""A storm: so many failing requests at once that the client has to cost next to nothing."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

REFERENCE = re.compile(rb'"reference": ?"([0-9A-Z-]{11})"')
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class Storm:
    """What the clients of a storm saw. Times are in seconds."""

    references: list[str] = field(default_factory=list)
    without: int = 0
    broken: int = 0
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    @property
    def answers(self) -> int:
        return len(self.references) + self.without

    @property
    def rate(self) -> float:
        """Return the answers per second."""
        return self.answers / self.seconds


def storm(
    port: int, paths: Iterator[str], requests: int, *, clients: int = 16, seconds: float = 3600
) -> Storm:
    """Send so many requests over that many connections, each as soon as the one before it is answered; `seconds` at most."""
    seen, lock = Storm(), threading.Lock()
    wanted = islice(paths, requests)
    started = time.monotonic()

    def run() -> None:
        mine = Storm()
        with Connection(port) as connection:
            while True:
                with lock:
                    path = next(wanted, None)
                if path is None or time.monotonic() > started + seconds:
                    break
                connection.ask(path, mine)
        with lock:
            _add(seen, mine)

    threads = [threading.Thread(target=run) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen.seconds = time.monotonic() - started
    return seen


class Connection:
    """One kept connection of a client; a new one once the server has hung up."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ask(self, path: str, seen: Storm) -> None:
        """Send one request and note what came back."""
        started = time.monotonic()
        try:
            answer = self._exchange(path)
        except OSError:
            self.__exit__()
            seen.broken += 1
            return
        seen.waits.append(time.monotonic() - started)
        if found := REFERENCE.search(answer):
            seen.references.append(found[1].decode())
        else:
            seen.without += 1

    def _exchange(self, path: str) -> bytes:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._receive()
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(LENGTH.search(head)[1])
        while len(body) < length:
            body += self._receive()
        if b"connection: close" in head.lower():
            self.__exit__()
        return body

    def _receive(self) -> bytes:
        assert self._socket is not None
        part = self._socket.recv(65_536)
        if not part:
            raise ConnectionError("the server has hung up")
        return part


def _add(whole: Storm, part: Storm) -> None:
    whole.references += part.references
    whole.waits += part.waits
    whole.without += part.without
    whole.broken += part.broken
