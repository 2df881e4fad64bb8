import gc
import json
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler

import errorkit.guard
from errorkit.models import Occurrence
from errorkit.sweep import sweep
from tests.middleware.views import SECRET

pytestmark = [
    pytest.mark.anyio,
    # Before 6.1 Django leaves the file of the body open when a request breaks.
    pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.Spooled:ResourceWarning"),
]
OURS = "errorkit.middleware.ErrorkitMiddleware"


@pytest.fixture(autouse=True)
def _body_files_are_collected_here() -> Iterator[None]:
    yield
    gc.collect()


async def call(
    application: Any, path: str = "/fine/", *headers: tuple[bytes, bytes]
) -> list[dict[str, Any]]:
    """Return the messages that the server would get."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"accept", b"application/json"), *headers],
    }
    sent: list[dict[str, Any]] = []
    asked = 0

    async def receive() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        if asked > 1:
            import asyncio

            await asyncio.Event().wait()
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await application(scope, receive, send)
    return sent


def guarded() -> Any:
    return errorkit.guard.asgi(ASGIHandler())


def members(sent: list[dict[str, Any]]) -> dict[str, Any]:
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return json.loads(sent[1]["body"])


@sync_to_async
def occurrences() -> int:
    sweep(deliver=False)
    return Occurrence.objects.count()


async def test_guard_changes_nothing_when_all_is_well() -> None:
    sent = await call(guarded())

    assert sent[0]["status"] == 200
    assert sent[1]["body"].startswith(b"fine ")


@pytest.mark.trap("T1", "T2")
@pytest.mark.parametrize("middleware", [[], [OURS]])
@pytest.mark.parametrize("urlconf", ["tests.no_such_urls", "tests.guard.outside"])
async def test_guard_answers_when_urlconf_or_handler500_is_broken(
    settings: Any, urlconf: str, middleware: list[str]
) -> None:
    settings.ROOT_URLCONF = urlconf
    settings.MIDDLEWARE = middleware
    sent = await call(guarded(), "/fail/")

    assert sent[0]["status"] == 500
    assert members(sent)["reference"]
    assert b"X-Request-ID" in dict(sent[0]["headers"])
    assert 1 <= await occurrences() <= 2


@pytest.mark.trap("T31")
async def test_guard_answers_when_middleware_outside_of_ours_fails(settings: Any) -> None:
    settings.MIDDLEWARE = ["tests.guard.outside.sets_a_cookie", "tests.guard.outside.fails", OURS]
    sent = await call(guarded())

    assert sent[0]["status"] == 500
    assert members(sent)["reference"]
    assert dict(sent[0]["headers"])[b"X-Outer"] == b"kept"
    assert b"outer=kept" in dict(sent[0]["headers"])[b"Set-Cookie"]


@pytest.mark.trap("T5")
async def test_guard_answers_400_without_an_incident_when_the_content_type_is_malformed() -> None:
    sent = await call(guarded(), "/fine/", (b"content-type", b"text/html; x*=bogus''%76"))

    assert sent[0]["status"] == 400
    assert members(sent)["error"] == "bad_request"
    assert await occurrences() == 0


async def test_guard_passes_the_sites_own_500_when_a_view_returns_one() -> None:
    sent = await call(guarded(), "/own-500/")

    assert sent[0]["status"] == 500
    assert members(sent) == {"mine": True}


async def test_guard_lets_the_exception_through_when_bytes_have_been_sent() -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError(SECRET)

    with pytest.raises(ValueError, match=SECRET):
        await call(errorkit.guard.asgi(application))


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
async def test_guard_passes_other_scopes_when_the_server_opens_them(kind: str) -> None:
    seen = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["type"], receive, send))
        raise ValueError(SECRET)

    with pytest.raises(ValueError, match=SECRET):
        await errorkit.guard.asgi(application)({"type": kind}, 1, 2)  # type: ignore[arg-type]
    assert seen == [(kind, 1, 2)]
