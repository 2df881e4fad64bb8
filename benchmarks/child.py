"""One long-lived process per variant: reads what to run as JSON lines, answers with nanoseconds.

{"path": "/boom/", "count": 25}  ->  {"wall": [ns, ...], "cpu": ns of the whole batch, background threads included}
"""

import asyncio
import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import site

WARM_UP = 3


def main() -> None:
    """Serve one variant until standard input ends."""
    variant, database, folder, collector = sys.argv[1:5]
    site.configure(variant, database, Path(folder), int(collector))
    handlers = {False: _wsgi(), True: _asgi()}
    settle = _prepare(variant)
    be_swept = _be_swept if settle is _settle_errorkit else lambda: None
    for line in sys.stdin:
        order = json.loads(line)
        call = handlers[order["path"].startswith("/async/")]
        be_swept()
        print(json.dumps(_measure(call, settle, **order)), flush=True)


def _prepare(variant: str) -> Callable[[], None]:
    """Migrate, open the connection that a busy site would have open, return how to finish what is left."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    connection.ensure_connection()
    if variant == "errorkit-database-down":
        _break_the_database()
        # What is spooled stays there: there is nowhere to drain it to.
        return lambda: None
    if variant == "errorkit-not-stored":
        _store_nothing()
    if variant.startswith("errorkit"):
        return _settle_errorkit
    if variant == "sentry-sdk":
        import sentry_sdk

        return lambda: sentry_sdk.flush(5) and None
    return lambda: None


def _break_the_database() -> None:
    """Close the connection and point the alias where nobody listens."""
    from django.db import connection

    connection.close()
    connection.settings_dict.update(HOST="127.0.0.1", PORT="1", NAME="/nonexistent/folder/db")


def _store_nothing() -> None:
    """Let every report be built and written as JSON, and end there."""
    from errorkit import capture

    capture.record = lambda report, **_: not report.to_json()


def _be_swept() -> None:
    """Leave the sign of a sweep, as a site has it that is well: a web process without one would do the sweep's work as well."""
    from errorkit.sweep import leave_sign_of_life

    leave_sign_of_life("sweep")


def _settle_errorkit() -> None:
    from errorkit.sweep import sweep

    sweep(deliver=False)


def _measure(
    call: Callable[[str], None], settle: Callable[[], None], *, path: str, count: int
) -> dict[str, Any]:
    for _ in range(WARM_UP):
        call(path)
    wall: list[int] = []
    cpu = time.process_time_ns()
    for _ in range(count):
        start = time.perf_counter_ns()
        call(path)
        wall.append(time.perf_counter_ns() - start)
    if "boom" in path:
        settle()
    return {"wall": wall, "cpu": time.process_time_ns() - cpu}


HEADERS = {
    "HTTP_HOST": "localhost",
    "HTTP_ACCEPT": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.8,de;q=0.5",
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64)",
    "HTTP_COOKIE": "theme=dark; sessionid=0123456789abcdef0123456789abcdef",
}


def _wsgi() -> Callable[[str], None]:
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()

    def call(path: str) -> None:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "SCRIPT_NAME": "",
            "QUERY_STRING": "page=2",
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.input": io.BytesIO(),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            **HEADERS,
        }
        response = application(environ, lambda status, headers, exc_info=None: lambda data: None)
        b"".join(response)
        response.close()

    return call


def _asgi() -> Callable[[str], None]:
    from django.core.asgi import get_asgi_application

    application = get_asgi_application()
    loop = asyncio.new_event_loop()
    headers = [
        (name[5:].replace("_", "-").lower().encode(), value.encode())
        for name, value in HEADERS.items()
    ]

    async def request(path: str) -> None:
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"page=2",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
            "scheme": "http",
            "http_version": "1.1",
        }
        sent = asyncio.Event()
        incoming = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            if message := next(incoming, None):
                return message
            await sent.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                sent.set()

        await application(scope, receive, send)

    return lambda path: loop.run_until_complete(request(path))


if __name__ == "__main__":
    main()
