"""Mail through Django's own mail settings; one thread per incident."""

import smtplib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from errorkit.conf import get_config
from errorkit.delivery.channels.base import Channel, DeliveryContext, Outcome, Result
from errorkit.delivery.channels.dialogue import cut_after
from errorkit.delivery.messages import Message, compose
from errorkit.delivery.texts import forms_sent
from errorkit.reports.report import Report
from errorkit.responses.templates import render

HEADERS = {
    # RFC 3834 section 5: nobody's holiday notice needs to answer.
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "All",
}

# A whole dialogue may take so many times what one answer may.
DIALOGUE = 3.0


class EmailChannel(Channel):
    """Send a text and HTML mail.

    OPTIONS: `TO` (addresses; default ONCALL_FALLBACK, else ADMINS), `FROM_EMAIL` (default DEFAULT_FROM_EMAIL), `USING` (an alias of
    MAILERS, Django 6.1 and later), `TIMEOUT` (seconds for one answer, where the mail settings have none; default 10).
    """

    def __init__(
        self,
        alias: str,
        *,
        to: Sequence[str] | None = None,
        from_email: str | None = None,
        using: str | None = None,
        timeout: float = 10.0,
    ) -> None:
        super().__init__(alias)
        if isinstance(to, str) or not all(isinstance(each, str) for each in to or ()):
            raise TypeError("TO must be a list of addresses")
        self.to = to
        self.from_email = from_email
        self.using = using
        self.timeout = timeout

    def recipients(self, context: DeliveryContext | None = None) -> list[str]:
        """Return who gets the mail: the person who is meant, else what the settings say now."""
        if context and context.address:
            return [context.address]
        if self.to is not None:
            return list(self.to)
        fallback = get_config().oncall_fallback
        if fallback is not None:
            return list(fallback)
        # An entry of ADMINS is a pair up to Django 5.2, and an address since 6.0.
        return [entry if isinstance(entry, str) else entry[1] for entry in settings.ADMINS]

    def problem_with(self, address: str) -> str | None:
        """Return Django's own complaint about what is no address."""
        try:
            validate_email(address)
        except ValidationError as error:
            return str(error.message)
        return None

    def send(self, report: Report, context: DeliveryContext) -> Outcome:
        """Send one mail to all; accepted means that the mail server took it."""
        recipients = self.recipients(context)
        if not recipients:
            return Outcome(
                result=Result.PERMANENT, detail="nobody to tell: set ONCALL_FALLBACK or ADMINS"
            )
        message = self._build(compose(report, context), recipients, context)
        return self._deliver(message)

    def post(self, subject: str, text: str) -> bool:
        """Send a plain text mail; True if the server took it."""
        message = mail.EmailMessage(
            _subject(subject), text, self.from_email, self.recipients(), headers=HEADERS
        )
        return self._deliver(message).result is Result.ACCEPTED

    def _build(
        self, content: Message, recipients: list[str], context: DeliveryContext
    ) -> mail.EmailMessage:
        message = mail.EmailMultiAlternatives(
            _subject(content.subject),
            content.as_text(),
            self.from_email,
            recipients,
            headers=HEADERS | _thread(context),
        )
        html = render("errorkit/mail/alert.html", {"message": content})
        message.attach_alternative(html, "text/html")
        return message

    def _deliver(self, message: mail.EmailMessage) -> Outcome:
        connection = self._connect()
        try:
            with cut_after(self.timeout * DIALOGUE, connection):
                sent = connection.send_messages([message])
        except (smtplib.SMTPException, OSError) as error:
            return _outcome_of(error)
        if not sent:
            return Outcome(result=Result.TEMPORARY, detail="the mail backend sent nothing")
        upstream_id = str(message.extra_headers.get("Message-ID", ""))
        return Outcome(result=Result.ACCEPTED, upstream_id=upstream_id)

    def _connect(self) -> Any:
        connection = _connection(self.using)
        # SMTP without a time-out waits for ever; a host's own value stays.
        if getattr(connection, "timeout", False) is None:
            connection.timeout = self.timeout
        # A server may quote the password that it refuses.
        password = getattr(connection, "password", None)
        name = getattr(connection, "username", None) or ""
        self.secrets = forms_sent(str(name), str(password)) if password else ()
        return connection


def _connection(using: str | None) -> Any:
    if django.VERSION >= (6, 1):
        from django.core.mail import mailers

        return mailers[using] if using else mailers.default
    return mail.get_connection()


def _subject(text: str) -> str:
    line = " ".join(f"{settings.EMAIL_SUBJECT_PREFIX}{text}".split())
    # Python's email package decodes an encoded word (RFC 2047) that it is given as text, and before 3.12.5
    # and 3.13 it writes the line breaks that were in it: headers of the attacker's choice.
    return line.replace("=?", "= ?")


def _thread(context: DeliveryContext) -> dict[str, str]:
    """Return the headers by which mail programs put an incident's mails together, the same on every try."""
    domain = urlsplit(get_config().base_url or "").hostname or "errorkit.invalid"
    headers = {"Message-ID": f"<{context.key.replace(':', '.')}@{domain}>"}
    if context.incident:
        root = f"<incident.{context.incident.id}@{domain}>"
        headers |= {"References": root, "In-Reply-To": root}
    return headers


def _outcome_of(error: Exception) -> Outcome:
    """Return what the server's answer means; RFC 5321 section 4.2.1: 5yz is permanent."""
    code = _code_of(error)
    # A password may be in the middle of its rotation: that passes.
    rejected = code is not None and code >= 500
    permanent = rejected and not isinstance(error, smtplib.SMTPAuthenticationError)
    return Outcome(
        result=Result.PERMANENT if permanent else Result.TEMPORARY,
        detail=f"{type(error).__name__}: {error}",
        status_code=code,
    )


def _code_of(error: Exception) -> int | None:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        # One who may be accepted later keeps the mail alive.
        return min((code for code, _ in error.recipients.values()), default=None)
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code
    return None
