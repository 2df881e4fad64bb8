"""A web server that keeps what it is sent and fails as told: for everything that leaves the machine."""

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Received:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float
    client: tuple[str, int]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0  # of thinking before the answer
    # silent: never answers; reset: cuts the line; drip: one byte of header now and then; drip_body: the same in the body
    fault: str = ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients that are killed in mid-send are what it is for."""


class Receiver:
    """Answers each request with the next of `plan`, and with `default` after these."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.plan: list[Reply] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def default(self, request: Received) -> Reply:
        """Return the answer where the plan has none left."""
        return Reply()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def take(self, request: Received) -> Reply:
        with self._lock:
            self.received.append(request)
            return self.plan.pop(0) if self.plan else self.default(request)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body go out as two writes, the second of which would wait for the first's acknowledgement.
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = Received(
                    method=self.command,
                    path=self.path,
                    headers=self.headers,  # type: ignore[arg-type]
                    body=body,
                    at=time.time(),
                    client=self.client_address,  # type: ignore[arg-type]
                )
                reply = receiver.take(request)
                if reply.seconds:
                    receiver.closing.wait(reply.seconds)
                answer = getattr(self, f"_{reply.fault or 'answer'}")
                with contextlib.suppress(OSError):
                    answer(reply)

            do_GET = do_PUT = do_POST

            def _answer(self, reply: Reply) -> None:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def _silent(self, reply: Reply) -> None:
                self.close_connection = True
                receiver.closing.wait(60)

            def _reset(self, reply: Reply) -> None:
                # Lingering for 0 s makes the kernel send RST instead of FIN.
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                self.close_connection = True
                self.connection.close()

            def _drip(self, reply: Reply) -> None:
                self._write_slowly(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000)

            def _drip_body(self, reply: Reply) -> None:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
                self._write_slowly(b"x" * 10_000)

            def _write_slowly(self, data: bytes) -> None:
                self.close_connection = True
                for byte in data:
                    self.wfile.write(bytes([byte]))
                    if receiver.closing.wait(0.02):
                        return

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """Yield a port that takes no connection and refuses none: its queue is full, as behind a firewall that drops."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = int(listener.getsockname()[1])
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield port


@contextlib.contextmanager
def mute() -> Iterator[int]:
    """Yield a port that accepts connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        yield int(listener.getsockname()[1])


# The beginning of a TLS handshake: a record that is said to be long.
HELLO = b"\x16\x03\x03\x3f\xff"


@contextlib.contextmanager
def speaking(*parts: bytes, drip: bool = False, reset: bool = False) -> Iterator[int]:
    """Yield a port that says the parts, one after each thing that it hears, and then nothing, or too slowly, or hangs up."""
    closing = threading.Event()

    def talk(peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            for number, part in enumerate(parts):
                if number:
                    peer.recv(10_000)
                peer.sendall(part)
            while drip and not closing.wait(0.05):
                peer.sendall(b"x")
            if reset:
                peer.recv(10_000)
                return
            closing.wait(30)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(10)
        listener.settimeout(30)
        threads: list[threading.Thread] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while not closing.is_set():
                    peer, _ = listener.accept()
                    threads.append(threading.Thread(target=talk, args=[peer]))
                    threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        port = int(listener.getsockname()[1])
        try:
            yield port
        finally:
            closing.set()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
                pass
            accepting.join(30)
            for thread in threads:
                thread.join(30)
