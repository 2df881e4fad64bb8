"""Does the middleware stand where it can answer, and whose page do browsers get?"""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.template import TemplateDoesNotExist, loader
from django.urls import get_resolver
from django.views import defaults

from errorkit.responses.templates import has_own

OURS = "errorkit.middleware.ErrorkitMiddleware"
# Of Django's own, what a project starts with; each of them may fail, and only what is inside ours is answered.
INSIDE = (
    "django.contrib.",
    "django.middleware.clickjacking.",
    "django.middleware.common.",
    "django.middleware.csrf.",
    "django.middleware.locale.",
)


def check_middleware(**_: Any) -> list[CheckMessage]:
    """W501: the middleware is missing. W502: others that may fail are outside of it. W503: it is outside of CorsMiddleware."""
    chain = list(settings.MIDDLEWARE)
    if OURS in chain:
        at = chain.index(OURS)
        return _check_place(chain[:at], chain[at:])
    return [
        checks.Warning(
            "errorkit is installed but answers nothing: MIDDLEWARE lacks its middleware.",
            hint=f"Put {OURS!r} after SecurityMiddleware and CorsMiddleware.",
            id="errorkit.W501",
        )
    ]


def _check_place(outside: list[str], inside: list[str]) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if early := [name for name in outside if name.startswith(INSIDE)]:
        found.append(
            checks.Warning(
                f"What fails in {', '.join(early)} is not answered by errorkit: it stands before errorkit's middleware.",
                hint="Only SecurityMiddleware, CorsMiddleware and what changes finished bodies belong before it.",
                id="errorkit.W502",
            )
        )
    if any(name.endswith(".CorsMiddleware") for name in inside):
        found.append(
            checks.Warning(
                "Scripts of other origins cannot read errorkit's answers: CorsMiddleware stands after its middleware.",
                hint="Put CorsMiddleware before it.",
                id="errorkit.W503",
            )
        )
    return found


def check_page(**_: Any) -> list[CheckMessage]:
    """I501: browsers get the project's 500.html, which knows no reference."""
    if not _uses_500_html() or has_own(500):
        return []
    return [
        checks.Info(
            "Browsers get this project's 500.html, which shows no reference. Other clients get errorkit's answers.",
            hint='To show one, move it to errorkit/error.html and write {{ reference }}, or extend "errorkit/error.html".',
            id="errorkit.I501",
        )
    ]


def _uses_500_html() -> bool:
    try:
        loader.get_template("500.html")
        return get_resolver().resolve_error_handler(500) is defaults.server_error
    except TemplateDoesNotExist:
        return False
    except Exception:  # noqa: BLE001 - Django's own checks tell what is wrong with templates and URLs
        return False
