"""The site under measurement: startproject's middleware, one variant's additions, and views that fail."""

import logging
import os
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views import defaults

STARTPROJECT = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
]
# Everything is kept in full, unless the variant is about the limits.
UNLIMITED = {
    "PER_FINGERPRINT": 1e9,
    "BURST": 10**9,
    "PER_PROCESS": 1e9,
    "ROWS_PER_HOUR": 10**12,
}
OVER_THE_LIMIT = {"PER_FINGERPRINT": 0, "BURST": 0, "PER_PROCESS": 1e9, "ROWS_PER_HOUR": 10**12}


def configure(variant: str, database: str, folder: Path, collector: int) -> None:
    """Set Django up for one variant; `collector` is the port that answers as Sentry and as SMTP sink."""
    settings.configure(
        DEBUG=False,
        # Like a real one: a word that every path holds would have to be hidden in every report.
        SECRET_KEY="o3v!x8qd2m#5zt@l6r^k9w&f1y*h4b(n7c)j0p-s+u=ge",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="benchmarks.site",
        DATABASES={"default": _database(database, folder / f"{variant}.sqlite3", variant)},
        INSTALLED_APPS=[*APPS, *(["errorkit"] if variant.startswith("errorkit") else [])],
        MIDDLEWARE=_middleware(variant),
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        LOGGING_CONFIG=None,
        USE_TZ=True,
        ADMINS=["ops@example.org"],
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        ERRORKIT=_errorkit(variant, folder),
    )
    django.setup()
    logging.getLogger("django.request").propagate = False
    logging.getLogger("django.request").addHandler(_request_handler(variant))
    if variant == "sentry-sdk":
        import sentry_sdk

        sentry_sdk.init(f"http://key@127.0.0.1:{collector}/1")


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a missing page as the variant does: Django's own bare page, or the negotiated one."""
    if "errorkit" not in settings.INSTALLED_APPS:
        return defaults.page_not_found(request, exception)
    from errorkit.responses.handlers import page_not_found

    return page_not_found(request, exception)


def _middleware(variant: str) -> list[str]:
    head, *tail = STARTPROJECT
    if variant.startswith("errorkit"):
        return [head, "errorkit.middleware.ErrorkitMiddleware", *tail]
    return STARTPROJECT


def _errorkit(variant: str, folder: Path) -> dict[str, Any]:
    return {
        "SPOOL_DIR": str(folder / "spool" / variant),
        "LIMITS": OVER_THE_LIMIT if variant == "errorkit-limited" else UNLIMITED,
        "DISPATCH": "command",
    }


def _request_handler(variant: str) -> logging.Handler:
    if variant != "AdminEmailHandler":
        return logging.NullHandler()
    from django.utils.log import AdminEmailHandler

    return AdminEmailHandler()


def _database(kind: str, file: Path, variant: str) -> dict[str, Any]:
    if kind == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": file,
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
                "check_same_thread": False,
            },
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": f"errorkit_bench_{variant.replace('-', '_')}",
        "HOST": os.environ.get("PGHOST", "127.0.0.1"),
        "USER": os.environ.get("PGUSER", "postgres"),
        "CONN_MAX_AGE": None,
    }


def good(request: HttpRequest) -> HttpResponse:
    """Answer at once."""
    return HttpResponse("ok")


async def good_async(request: HttpRequest) -> HttpResponse:
    """Answer at once, natively."""
    return HttpResponse("ok")


def boom(request: HttpRequest) -> HttpResponse:
    """Fail twelve frames deep, with the locals that a real view has."""
    return _descend(
        request, depth=10, order={"id": 4711, "lines": [{"sku": "A-1", "count": 2}] * 5}
    )


async def boom_async(request: HttpRequest) -> HttpResponse:
    """Fail twelve frames deep in an async view."""
    return _descend(
        request, depth=10, order={"id": 4711, "lines": [{"sku": "A-1", "count": 2}] * 5}
    )


def _descend(request: HttpRequest, *, depth: int, order: dict[str, Any]) -> HttpResponse:
    form = {"email": "ada@example.org", "password": "correct horse", "note": "x" * 120}
    headers = {"Authorization": "Bearer 0123456789abcdef", "Accept": "text/html"}
    total = sum(line["count"] for line in order["lines"]) * depth
    if depth:
        return _descend(request, depth=depth - 1, order=order)
    raise ValueError(f"order {order['id']} cannot be charged: {total} {len(form)} {len(headers)}")


urlpatterns = [
    path("good/", good),
    path("boom/", boom),
    path("async/good/", good_async),
    path("async/boom/", boom_async),
]
