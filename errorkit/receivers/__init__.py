"""Django and Celery signals lead to capture; nothing here ever raises."""

import sys

from errorkit.receivers import requests


def connect() -> None:
    """Connect the receivers; called once by the app config.

    Celery's signals are connected only where the host has loaded Celery already; `errorkit.tasks` does it for those that load it later.
    """
    requests.connect()
    if "celery.app" in sys.modules:
        connect_celery()


def connect_celery() -> None:
    """Connect Celery's signals; connecting twice changes nothing."""
    from errorkit.receivers import tasks

    tasks.connect()
