from pathlib import Path
from typing import Any

import pytest

from errorkit.checks.storage import check_connections, check_database, check_debug, check_spool

SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}


def ids(messages: list[Any]) -> list[str]:
    return [message.id for message in messages]


def test_e201_when_the_alias_is_unknown(settings: Any) -> None:
    settings.ERRORKIT = {"DATABASE": "errors"}

    assert ids(check_database()) == ["errorkit.E201"]


@pytest.mark.parametrize(
    ("routers", "expected"),
    [([], ["errorkit.W201"]), (["errorkit.routers.ErrorkitRouter"], [])],
)
def test_w201_when_no_router_leads_to_the_alias(
    monkeypatch: pytest.MonkeyPatch, settings: Any, routers: list[str], expected: list[str]
) -> None:
    monkeypatch.setitem(settings.DATABASES, "errors", SQLITE)
    settings.ERRORKIT = {"DATABASE": "errors"}
    settings.DATABASE_ROUTERS = routers

    assert ids(check_database()) == expected


@pytest.mark.trap("T17")
@pytest.mark.parametrize(
    ("debug", "environment", "expected"),
    [
        (True, "production", ["errorkit.W202"]),
        (True, "development", []),
        (False, "production", []),
    ],
)
def test_w202_when_debug_is_on_in_production(
    settings: Any, debug: bool, environment: str, expected: list[str]
) -> None:
    settings.DEBUG = debug
    settings.ERRORKIT = {"ENVIRONMENT": environment}

    assert ids(check_debug()) == expected


def test_w203_when_the_spool_has_no_lasting_place(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    settings.ERRORKIT = {}
    for variable in ("STATE_DIRECTORY", "XDG_STATE_HOME", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "file"))

    assert ids(check_spool()) == ["errorkit.W203"]
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert ids(check_spool()) == []
    assert not (tmp_path / "state").exists()


def test_w204_when_asgi_keeps_connections_without_a_pool(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES, "kept", {**SQLITE, "CONN_MAX_AGE": 60})
    pooled = {**SQLITE, "CONN_MAX_AGE": 60, "OPTIONS": {"pool": True}}
    monkeypatch.setitem(settings.DATABASES, "pooled", pooled)

    assert ids(check_connections()) == []
    settings.ASGI_APPLICATION = "site.asgi.application"
    assert ids(check_connections()) == ["errorkit.W204"]
