"""The bell on real brokers, and on everything that only looks like one."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery, _state

from errorkit.delivery import doorbell
from tests import settings as ours
from tests.servers import free_port
from tests.servers.receiver import black_hole, mute

Connect = Callable[..., Celery]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a function that makes a host's app for a broker, with a queue of its own."""
    before = _state._tls.current_app
    doorbell.reset()

    def make(url: str | None, **conf: Any) -> Celery:
        app = Celery("host", broker=url, set_as_current=True)
        app.conf.update(task_default_queue=f"errorkit-{uuid4().hex}", **conf)
        return app

    yield make
    doorbell.reset()
    _state._set_current_app(before)


def heard(app: Celery) -> list[Any]:
    """Take the messages out of the app's queue."""
    with app.connection_for_read() as connection:
        queue = connection.SimpleQueue(app.conf.task_default_queue)
        messages = [queue.get(timeout=5) for _ in range(len(queue) or 1)]
        for message in messages:
            message.ack()
        queue.close()
        connection.default_channel.queue_delete(app.conf.task_default_queue)
        connection.default_channel.exchange_delete(app.conf.task_default_queue)
    return messages


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(ours.REDIS_URL, marks=pytest.mark.needs_redis, id="redis"),
        pytest.param(ours.AMQP_URL, marks=pytest.mark.needs_rabbitmq, id="rabbitmq"),
    ],
)
def test_worker_hears_the_name_of_the_task_when_it_rings(connect: Connect, url: str) -> None:
    app = connect(url)

    assert doorbell.ring()

    [message] = heard(app)
    assert message.headers["task"] == "errorkit.sweep"
    assert message.headers["ignore_result"] is True
    assert message.headers["expires"] is not None
    assert json.loads(message.body)[:2] == [[], {}]


def test_worker_hears_it_when_the_broker_is_a_folder(connect: Connect, tmp_path: Path) -> None:
    folder = {"data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path)}
    connect("filesystem://", broker_transport_options={**folder, "control_folder": str(tmp_path)})

    assert doorbell.ring()

    [message] = tmp_path.glob("*.msg")
    assert "errorkit.sweep" in message.read_text()


@pytest.mark.needs_redis
def test_ring_goes_to_the_queue_when_one_is_configured(connect: Connect, settings: Any) -> None:
    app = connect(ours.REDIS_URL)
    settings.ERRORKIT = {"CELERY_QUEUE": app.conf.task_default_queue}
    app.conf.task_default_queue = "elsewhere"

    assert doorbell.ring()

    app.conf.task_default_queue = settings.ERRORKIT["CELERY_QUEUE"]
    assert len(heard(app)) == 1


@pytest.mark.needs_redis
def test_connection_is_kept_and_rings_are_spaced_when_much_happens(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = connect(ours.REDIS_URL)
    monkeypatch.setattr(doorbell, "INTERVAL", 60.0)

    assert doorbell.ring()
    kept = doorbell._bell.connection
    assert not doorbell.ring(), "within the interval of the last one"
    monkeypatch.setattr(doorbell, "INTERVAL", 0.0)
    doorbell._bell.quiet_until = 0.0
    assert doorbell.ring()

    assert doorbell._bell.connection is kept
    assert len(heard(app)) == 2


@pytest.mark.needs_redis
def test_ring_gets_through_when_the_kept_connection_was_closed_from_afar(connect: Connect) -> None:
    app = connect(ours.REDIS_URL)
    assert doorbell.ring()
    client = doorbell._bell.connection.default_channel.client
    for connection in client.connection_pool._available_connections:
        connection._sock.shutdown(2)
    doorbell._bell.quiet_until = 0.0

    assert doorbell.ring()
    assert len(heard(app)) == 2


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
@pytest.mark.parametrize("place", ["refused", "mute", "black hole"])
def test_ring_returns_in_time_and_then_stays_silent_when_the_broker_is(
    connect: Connect, scheme: str, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    with _place(place) as port:
        connect(f"{scheme}://guest:s3cret@127.0.0.1:{port}//")
        started = time.monotonic()
        assert not doorbell.ring()
        # 1 s and what a busy machine adds; kombu's own way takes from 4 s to for ever.
        assert time.monotonic() - started < 3.5
        again = time.monotonic()
        assert not doorbell.ring()
        assert time.monotonic() - again < 0.2

    assert "no answer from the broker" in caplog.text
    assert "s3cret" not in caplog.text


def _place(name: str) -> Any:
    import contextlib

    places = {"mute": mute, "black hole": black_hole}
    return places[name]() if name in places else contextlib.nullcontext(free_port())


@pytest.mark.parametrize(
    ("url", "conf"),
    [(None, {}), ("", {}), (ours.REDIS_URL, {"task_always_eager": True})],
    ids=["none", "empty", "eager"],
)
def test_nothing_is_rung_when_there_is_no_broker_or_the_sweep_would_run_here(
    connect: Connect, url: str | None, conf: dict[str, Any]
) -> None:
    connect(url, **conf)

    assert not doorbell.ring()


def test_nothing_is_rung_when_the_command_does_the_work(connect: Connect, settings: Any) -> None:
    connect(ours.REDIS_URL)
    settings.ERRORKIT = {"DISPATCH": "command"}

    assert not doorbell.ring()


def test_celery_is_not_imported_when_the_host_does_not_use_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "celery")

    assert not doorbell.ring()
    assert "celery" not in sys.modules


@pytest.mark.needs_redis
def test_settings_of_the_host_are_the_same_when_it_has_rung(connect: Connect) -> None:
    app = connect(ours.REDIS_URL, broker_transport_options={"visibility_timeout": 99})
    before = dict(app.conf.broker_transport_options)

    doorbell.ring()

    assert app.conf.broker_transport_options == before
    heard(app)
