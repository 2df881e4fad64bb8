"""The mails that Django's file backend has written, read back."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from project.settings import MAIL_DIR

# The backend writes a line of hyphens after each message of a file.
END = b"\n" + b"-" * 79 + b"\n"
NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]+\.log")
NEWEST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail. `key` names it in URLs."""

    key: str
    subject: str
    sender: str
    recipients: str
    text: str
    html: str


def newest_mails() -> list[Mail]:
    """Return the newest mails, newest first."""
    files = sorted(MAIL_DIR.glob("*.log"), reverse=True)[:NEWEST]
    return [mail for file in files for mail in reversed(_read(file))]


def find_mail(key: str) -> Mail | None:
    """Return the mail of that key."""
    name, _, number = key.rpartition("-")
    if not NAME.fullmatch(name):
        return None
    file = MAIL_DIR / name
    return next((mail for mail in _read(file) if mail.key == f"{name}-{number}"), None)


def _read(file: Path) -> list[Mail]:
    if not file.exists():
        return []
    parts = [part for part in file.read_bytes().split(END) if part.strip()]
    return [_mail(f"{file.name}-{number}", part) for number, part in enumerate(parts)]


def _mail(key: str, data: bytes) -> Mail:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return Mail(
        key=key,
        subject=str(message["Subject"]),
        sender=str(message["From"]),
        recipients=str(message["To"]),
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
