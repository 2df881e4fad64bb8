import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.utils import timezone

from errorkit.oncall import deadman

pytestmark = pytest.mark.django_db


class Watcher(BaseHTTPRequestHandler):
    """Counts who calls, and answers with the status in the path."""

    calls: list[str] = []

    def do_GET(self) -> None:
        self.calls.append(self.path)
        self.send_response(int(self.path[1:4]))
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def watcher() -> Iterator[str]:
    Watcher.calls.clear()
    server = HTTPServer(("127.0.0.1", 0), Watcher)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_sign_of_life_is_given_once_a_minute(watcher: str, settings) -> None:
    settings.ERRORKIT = {"DEADMAN_URL": f"{watcher}/200/secret"}
    now = timezone.now()
    given = [deadman.call(now + timedelta(seconds=seconds)) for seconds in (0, 5, 59, 60, 61)]
    assert given == [True, False, False, True, False]
    assert Watcher.calls == ["/200/secret"] * 2


def test_sign_of_life_goes_on_when_the_clock_was_set_back(watcher: str, settings) -> None:
    settings.ERRORKIT = {"DEADMAN_URL": f"{watcher}/200/secret"}
    now = timezone.now()
    assert deadman.call(now)
    earlier = now - timedelta(hours=3)
    given = [deadman.call(earlier + timedelta(seconds=seconds)) for seconds in (0, 5, 60)]
    assert given == [True, False, True]


def test_nothing_is_raised_when_nobody_hears(
    watcher: str, settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ERRORKIT = {"DEADMAN_URL": f"{watcher}/500/secret"}
    assert not deadman.call(timezone.now())
    assert "500" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:1/"])
def test_nothing_is_raised_when_the_address_is_of_no_use(url: str, settings) -> None:
    settings.ERRORKIT = {"DEADMAN_URL": url}
    assert not deadman.call(timezone.now())


def test_nobody_is_called_when_no_address_is_set(settings) -> None:
    settings.ERRORKIT = {}
    assert not deadman.call(timezone.now())
