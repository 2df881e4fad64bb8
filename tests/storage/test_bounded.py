import pytest
from django.db import InterfaceError, connection

from errorkit.storage.bounded import bounded

pytestmark = pytest.mark.django_db(transaction=True)


def test_settings_stay_the_hosts_when_its_connection_is_opened() -> None:
    connection.close()
    theirs = connection.settings_dict

    with bounded("default", 60):
        assert connection.is_usable()

    assert connection.settings_dict is theirs


def test_settings_stay_the_hosts_when_nothing_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise InterfaceError("nothing listens")

    theirs = connection.settings_dict
    monkeypatch.setattr(connection, "ensure_connection", refuse)

    with pytest.raises(InterfaceError), bounded("default", 60):
        pass

    assert connection.settings_dict is theirs
