"""Settings of the demo site. They are for trying errorkit out, not for production."""

import os
from pathlib import Path

from errorkit.beat import beat_schedule

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("ERRORKIT_DEMO_DIR", BASE_DIR / "var" / "demo"))
MAIL_DIR = VAR_DIR / "mails"
BROKER_DIR = VAR_DIR / "broker"
for folder in (VAR_DIR, MAIL_DIR, BROKER_DIR / "queue", BROKER_DIR / "done"):
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)

SECRET_KEY = "demo-only: a real site reads its key from the environment"
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

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
    "project.middleware.strict_policy",
    "project.middleware.fragile",
]

ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
ASGI_APPLICATION = "project.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
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

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR_DIR / "db.sqlite3",
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            "transaction_mode": "IMMEDIATE",
        },
    },
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "project" / "static"]

# Mail goes into files, and the start page shows them.
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = MAIL_DIR
DEFAULT_FROM_EMAIL = "Corner Bakery <errors@example.com>"
EMAIL_SUBJECT_PREFIX = "[Bakery] "

# A broker that needs no server: messages are files. Good for one machine and a demo, not for production.
CELERY_BROKER_URL = "folder://"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "data_folder_in": str(BROKER_DIR / "queue"),
    "data_folder_out": str(BROKER_DIR / "queue"),
    "processed_folder": str(BROKER_DIR / "done"),
    "control_folder": str(BROKER_DIR / "control"),
    "polling_interval": 0.2,
}
CELERY_BEAT_SCHEDULE = {**beat_schedule()}
CELERY_TASK_IGNORE_RESULT = True

REST_FRAMEWORK = {"EXCEPTION_HANDLER": "errorkit.rest.handlers.exception_handler"}
CSRF_FAILURE_VIEW = "errorkit.responses.handlers.csrf_failure"

ERRORKIT: dict[str, object] = {
    "SPOOL_DIR": VAR_DIR / "spool",
    "RELEASE": "demo-1",
    "ENVIRONMENT": "demo",
    "API_PREFIXES": ("/api/",),
    "BASE_URL": os.environ.get("ERRORKIT_DEMO_URL", "http://127.0.0.1:8000"),
    "ONCALL_FALLBACK": ["on-call@example.com"],
    "BRAND": {
        "name": "Corner Bakery",
        "logo": (
            '<svg viewBox="0 0 32 32" aria-hidden="true"><path fill="#c2571a" d="M16 5c7.2 0 12 3.6 12 8 '
            '0 2.2-1.1 3.7-3 4.6V25a2 2 0 0 1-2 2H9a2 2 0 0 1-2-2v-7.4C5.1 16.7 4 15.2 4 13c0-4.4 4.8-8 12-8z"/>'
            '<path fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" '
            'd="M12 12l-2 4m7-4l-2 4m7-4l-2 4"/></svg>'
        ),
        "colour": "#a8480f",
        "colour_dark": "#f0a36b",
    },
}
if os.environ.get("SENTRY_DSN"):
    ERRORKIT["CHANNELS"] = {
        "sentry": {
            "BACKEND": "errorkit.delivery.channels.sentry.SentryChannel",
            "OPTIONS": {"DSN": os.environ["SENTRY_DSN"]},
        },
    }

# Django mails every 500 to ADMINS by itself (AdminEmailHandler). errorkit tells on-call once per incident
# instead, so `django.request` keeps its log lines and loses the mails.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "errorkit.request_ids.RequestIDFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["request_id"],
            "formatter": "line",
        }
    },
    "loggers": {"django": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}
