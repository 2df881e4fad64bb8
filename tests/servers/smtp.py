"""A mail server that keeps what it is sent and refuses as told."""

import asyncio
import email
import email.policy
import threading
from email.message import EmailMessage
from typing import Any, Self

import django
from aiosmtpd.smtp import SMTP, Envelope, Session


def use_smtp(settings: Any, port: int, **security: bool) -> None:
    """Have this test's mails sent to a port of this machine; `security` is `use_ssl` or `use_tls`."""
    backend = "django.core.mail.backends.smtp.EmailBackend"
    if django.VERSION >= (6, 1):
        options = {"host": "127.0.0.1", "port": port, **security}
        settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": options}}
        return
    settings.EMAIL_BACKEND = backend
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    for name, value in security.items():
        setattr(settings, f"EMAIL_{name.upper()}", value)


class Mailbox:
    """Listens on a free port of 127.0.0.1; `plan` holds answers to the next DATA commands, `to_recipients` to RCPT."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.plan: list[str] = []
        self.to_recipients: dict[str, str] = {}
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.to_recipients:
            return self.to_recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.plan:
            return self.plan.pop(0)
        content: Any = envelope.content
        self.messages.append(email.message_from_bytes(content, policy=email.policy.default))  # type: ignore[arg-type]
        self.envelopes.append(envelope)
        return "250 OK"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        listening = self._loop.run_until_complete(
            self._loop.create_server(lambda: SMTP(self, enable_SMTPUTF8=True), "127.0.0.1", 0)
        )
        self.port = int(listening.sockets[0].getsockname()[1])
        self._ready.set()
        self._loop.run_forever()
        listening.close()
        self._loop.run_until_complete(listening.wait_closed())
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()
