"""The tools that other tests stand on must themselves be sound."""

import pytest

from tests import databases, processes, servers
from tests.services import EVERY_DATABASE
from tests.sites import LOG_TO_TERMINAL

SERVERS = ["sync", "gthread", "uvicorn"]


@pytest.mark.parametrize("engine", EVERY_DATABASE)
def test_site_answers_when_served_on_each_database(make_site, engine) -> None:
    site = make_site(engine=engine, errorkit=False, settings={"LOGGING": LOG_TO_TERMINAL})
    site.start("gthread", workers=2)

    assert site.get("/fine/").text == "fine"
    assert site.get("/admin/").status_code == 302
    assert site.get("/boom/").status_code == 500
    assert "RuntimeError: the view failed" in site.output()


@pytest.mark.parametrize("server", SERVERS)
def test_site_comes_back_on_its_port_when_started_after_a_kill(make_site, server) -> None:
    site = make_site(errorkit=False, migrate=False)
    site.start(server)
    first = site.port
    site.kill9()

    site.start(server)

    assert site.port == first
    assert site.get("/fine/").text == "fine"
    site.stop()
    assert not site.web.alive


def test_site_has_settings_and_tasks_when_given(make_site) -> None:
    site = make_site(
        errorkit=False,
        migrate=False,
        settings={"CELERY_TASK_ALWAYS_EAGER": True},
        settings_text="DOUBLED = 2 * 21",
        tasks="from celery import shared_task\n\n@shared_task\ndef add(a, b):\n    return a + b\n",
    )

    said = site.execute(
        "from django.conf import settings\n"
        "from hostsite.tasks import add\n"
        "print(settings.DOUBLED, add.delay(1, 2).get())"
    )

    assert said == "42 3\n"


@pytest.mark.needs_redis
def test_worker_does_what_the_site_asks_when_there_is_a_broker(make_site, tmp_path) -> None:
    done = tmp_path / "done"
    with servers.Redis() as broker:
        site = make_site(
            errorkit=False,
            migrate=False,
            settings={"CELERY_BROKER_URL": broker.url},
            tasks=(
                "from pathlib import Path\nfrom celery import shared_task\n\n"
                "@shared_task\ndef touch(path):\n    Path(path).touch()\n"
            ),
        )
        site.start_worker()

        site.execute(f"from hostsite.tasks import touch\ntouch.delay({str(done)!r})")

        processes.wait_until(done.exists, what="the task's file")
        site.close()


@pytest.mark.parametrize("engine", EVERY_DATABASE[1:])
def test_database_is_gone_when_dropped(tmp_path, engine) -> None:
    database = databases.create(engine, sqlite_file=tmp_path / "unused")
    database.drop()

    # It can be made again only because it is gone.
    databases.execute(engine, f"CREATE DATABASE {database.settings['NAME']}")
    database.drop()


def test_process_leaves_no_child_when_stopped(tmp_path) -> None:
    family = processes.Process(
        ["sh", "-c", "sleep 1000 & setsid sleep 1000 & echo up; wait"], log=tmp_path / "log"
    )
    family.wait_for_output("up")
    processes.wait_until(lambda: len(family.descendants()) == 2)
    children = family.descendants()

    family.stop()

    processes.wait_until(lambda: not any(child.is_running() for child in children))


def test_waiting_fails_with_the_log_when_the_process_dies(tmp_path) -> None:
    dying = processes.Process(["sh", "-c", "echo last words; exit 3"], log=tmp_path / "log")

    with pytest.raises(AssertionError, match="last words"):
        dying.wait_for_output("never said")

    assert dying.stop() == 3
