from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import override_settings

from errorkit.oncall import outage
from errorkit.storage.spool import Spool
from tests.servers.smtp import Mailbox, use_smtp

SINCE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def tell(
    claim=lambda: True, error: str = "connection refused", give_back=lambda: pytest.fail("kept")
) -> bool:
    return outage.tell(pending=3, since=SINCE, error=error, claim=claim, give_back=give_back)


@override_settings(ERRORKIT={"ONCALL_FALLBACK": ["oncall@example.com"]})
def test_one_plain_mail_leaves_without_the_database_when_it_is_this_hosts_turn() -> None:
    assert tell(error="postgresql://shop:hunter2@db/shop refused")

    [message] = mail.outbox
    assert message.to == ["oncall@example.com"]
    assert "cannot reach its database" in message.subject
    assert "3 failure reports" in message.body
    assert "2026-11-20 12:00:00" in message.body
    assert "hunter2" not in message.body


@override_settings(ERRORKIT={"ONCALL_FALLBACK": ["oncall@example.com"]})
def test_nothing_leaves_when_it_is_not_this_hosts_turn() -> None:
    assert not tell(claim=lambda: False)
    assert mail.outbox == []


@override_settings(ERRORKIT={}, ADMINS=[])
def test_no_turn_is_used_up_when_there_is_nobody_to_tell() -> None:
    assert not tell(claim=lambda: pytest.fail("asked"))


@override_settings(ERRORKIT={"ONCALL_FALLBACK": ["oncall@example.com"]}, DEBUG=True)
def test_nothing_leaves_when_debug_is_on() -> None:
    assert not tell()


@override_settings(ERRORKIT={"ONCALL_FALLBACK": ["oncall@example.com"]})
def test_nothing_is_raised_when_the_spool_fails_as_well(caplog: pytest.LogCaptureFixture) -> None:
    def claim() -> bool:
        raise OSError("disk full")

    assert not tell(claim=claim)
    assert "disk full" in caplog.text


@pytest.mark.parametrize("answers", [["451 later"], ["554 no"]])
def test_turn_is_given_back_when_the_mail_server_refuses(
    settings: Any, tmp_path: Path, answers: list[str]
) -> None:
    settings.ERRORKIT = {"ONCALL_FALLBACK": ["oncall@example.com"]}
    with Mailbox() as mailbox, closing(Spool(tmp_path / "spool", byte_cap=10_000_000)) as spool:
        use_smtp(settings, mailbox.port)
        mailbox.plan = answers

        def tell_in_turn() -> bool:
            return tell(
                claim=lambda: spool.claim_turn("outage", seconds=1800),
                give_back=lambda: spool.give_back_turn("outage"),
            )

        assert [tell_in_turn() for _ in range(3)] == [False, True, False]
        assert len(mailbox.messages) == 1
