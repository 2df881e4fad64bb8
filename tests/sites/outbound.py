"""Settings of a site whose mails and events go to servers of the test."""

from typing import Any

import django

from tests.servers.sentry import Sentry
from tests.servers.smtp import Mailbox


def mail_settings(mailbox: Mailbox) -> dict[str, Any]:
    """Return what leads to the mailbox; Django 6.1 has MAILERS, and refuses both at once."""
    # Django 5.2 wants pairs, 6.0 deprecates them.
    operators = "ops@example.org" if django.VERSION >= (6, 0) else ("Ops", "ops@example.org")
    admins = {"ADMINS": [operators], "SERVER_EMAIL": "site@example.org"}
    if django.VERSION < (6, 1):
        return {**admins, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": mailbox.port}
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    return {
        **admins,
        "MAILERS": {
            "default": {
                "BACKEND": smtp,
                "OPTIONS": {"host": "127.0.0.1", "port": mailbox.port},
            }
        },
    }


def outbound_settings(sentry: Sentry, mailbox: Mailbox) -> dict[str, Any]:
    """Return mail settings, and ERRORKIT with the Sentry channel."""
    return {
        **mail_settings(mailbox),
        "ERRORKIT": {
            "ENVIRONMENT": "staging",
            "RELEASE": "shop@1.4.2",
            "BASE_URL": "https://shop.example",
            "CHANNELS": {
                "sentry": {
                    "BACKEND": "errorkit.delivery.channels.sentry.SentryChannel",
                    "OPTIONS": {"DSN": sentry.dsn},
                },
            },
        },
    }
