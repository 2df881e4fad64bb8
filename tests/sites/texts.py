"""What a site consists of unless a test says otherwise."""

VIEWS = """
from django.http import HttpResponse


def fine(request):
    return HttpResponse("fine")


def boom(request):
    answer = 42
    raise RuntimeError("the view failed")


async def async_boom(request):
    raise RuntimeError("the async view failed")
"""

URLS = """
path("fine/", views.fine),
path("boom/", views.boom),
path("async-boom/", views.async_boom),
"""

CELERY = """
import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hostsite.settings")
app = Celery("hostsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["hostsite"])
"""

# Django's own logging says nothing on the terminal unless DEBUG; this does: settings={"LOGGING": ...}.
LOG_TO_TERMINAL = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"terminal": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["terminal"], "level": "INFO"},
}

SETTINGS = """

import datetime
from pathlib import PosixPath

ALLOWED_HOSTS = ["*"]
DEBUG = False
"""

# The two lines of the README.
INSTALL = """
INSTALLED_APPS += ["errorkit"]
MIDDLEWARE.insert(1, "errorkit.middleware.ErrorkitMiddleware")
"""

URLCONF = """
from django.contrib import admin
from django.urls import include, path, re_path

from hostsite import views

urlpatterns = [
    path("admin/", admin.site.urls),
    {urls}
]
"""
