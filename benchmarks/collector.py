"""A server that answers Sentry's envelopes with 200 and forgets them."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Collector(BaseHTTPRequestHandler):
    """Read the body, answer, say nothing."""

    protocol_version = "HTTP/1.1"

    taken = 0

    def do_POST(self) -> None:
        """Accept whatever comes."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        Collector.taken += 1
        self._answer(b'{"id":"00000000000000000000000000000000"}')

    def do_GET(self) -> None:
        """Tell how many envelopes came."""
        self._answer(str(Collector.taken).encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class Server(ThreadingHTTPServer):
    """Says nothing of clients that end while they are served."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent where a client has gone."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def main() -> None:
    """Listen on a free port of the loopback interface and print it."""
    server = Server(("127.0.0.1", 0), Collector)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
