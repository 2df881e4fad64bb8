"""`make demo`: one command that starts everything, and leaves nothing behind however it ends."""

import http.client
import sys
import time
from collections.abc import Callable

import psutil
import pytest

from project.running import Demo, running_demo

pytestmark = pytest.mark.starts_sites


@pytest.fixture
def demo(tmp_path):
    with running_demo(tmp_path / "demo") as demo:
        yield demo


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


def family_of(demo: Demo) -> list[psutil.Process]:
    return psutil.Process(demo.process.pid).children(recursive=True)


def wait_until(condition: Callable[[], bool], *, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def all_gone(processes: list[psutil.Process]) -> bool:
    return all(not each.is_running() or each.status() == psutil.STATUS_ZOMBIE for each in processes)


def get(demo: Demo, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(demo.url.removeprefix("http://"), timeout=15)
    try:
        connection.request("GET", path, headers={"Accept": "text/html"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_demo_leaves_no_process_and_no_file_when_ctrl_c_is_pressed(demo) -> None:
    assert get(demo, "/")[0] == 200
    family = family_of(demo)
    assert len(family) >= 3  # web server with a worker, Celery; beat joins when it is up

    assert demo.stop() == 0

    assert wait_until(lambda: all_gone(family))
    assert list(demo.folder.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell children")
def test_demo_leaves_no_process_when_the_launcher_is_killed(demo) -> None:
    assert get(demo, "/fail/plain/")[0] == 500
    family = family_of(demo)

    demo.process.kill()
    demo.process.wait(10)

    assert wait_until(lambda: all_gone(family))


def test_second_demo_is_refused_when_one_runs_in_the_same_folder(shared) -> None:
    with pytest.raises(RuntimeError, match="already running"), running_demo(shared.folder):
        pass

    assert get(shared, "/")[0] == 200


def test_other_port_is_taken_when_one_is_in_use(shared, demo) -> None:
    assert demo.url != shared.url
    assert get(demo, "/")[0] == 200


def test_demo_says_why_when_a_process_ends_by_itself(demo) -> None:
    web = next(each for each in family_of(demo) if "gunicorn" in " ".join(each.cmdline()))

    web.kill()

    assert demo.process.wait(30) == 1
    assert "the web process ended" in demo.process.stdout.read()
