"""Settings of the test suite: a plain host site on the database that the environment names.

ERRORKIT_TEST_DATABASE  sqlite (default), postgresql or mariadb
ERRORKIT_TEST_NAME      part of the name of every database made; by default each run has its own
ERRORKIT_TEST_REDIS_DB  number of the Redis database the tests may use and empty; further workers take those below
"""

import os
import tempfile
from pathlib import Path

from tests import databases

BASE_DIR = Path(__file__).resolve().parent.parent
REDIS_DB = int(os.environ.get("ERRORKIT_TEST_REDIS_DB", "15")) - int(databases.WORKER[2:] or 0)
REDIS_URL = f"redis://127.0.0.1:6379/{REDIS_DB}"
AMQP_URL = "amqp://guest:guest@127.0.0.1:5672//"

SECRET_KEY = "tests"
DEBUG = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "errorkit",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "errorkit.middleware.ErrorkitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "tests.urls"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# A file, not :memory:, because the threads and processes under test open connections of their own.
SQLITE_FILE = Path(tempfile.gettempdir()) / f"errorkit-{databases.TEST_NAME}.sqlite3"
DATABASES = {
    "default": databases.settings_for(
        databases.CHOSEN, name=databases.TEST_NAME, sqlite_file=SQLITE_FILE
    ),
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"

# Django before 6.1 does not know it; Django's test runner puts its own backend into each entry.
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}

# Hashing a password slowly proves nothing here.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
