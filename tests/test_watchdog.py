import threading

import pytest

from errorkit.watchdog import Watchdog
from tests.processes import wait_until


def test_cut_is_called_once_when_the_time_is_over() -> None:
    dog, calls = Watchdog(), []
    watch = dog.arm(0.01, lambda: calls.append(1))
    late = dog.arm(60.0, lambda: calls.append(2))

    wait_until(lambda: watch.fired)
    dog.disarm(watch)
    dog.disarm(late)

    assert calls == [1]
    assert not late.fired


def test_cut_is_not_called_when_it_ended_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("errorkit.watchdog.IDLE", 0.0)
    dog, calls = Watchdog(), []

    dog.disarm(dog.arm(0.02, lambda: calls.append(1)))
    wait_until(lambda: dog._thread is None)

    assert calls == []


def test_thread_ends_when_nothing_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("errorkit.watchdog.IDLE", 0.0)
    dog = Watchdog()
    dog.disarm(dog.arm(5.0, lambda: None))

    thread = dog._thread
    if isinstance(thread, threading.Thread):
        thread.join(20)
        assert not thread.is_alive()
    assert dog._thread is None
