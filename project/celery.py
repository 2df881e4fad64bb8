"""The demo site's Celery app."""

import os

from celery import Celery

import project.broker  # noqa: F401 - it makes folder:// known

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

app = Celery("project")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
