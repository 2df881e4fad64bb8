"""The guard around an ASGI application; only HTTP is guarded, lifespan and websockets pass."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from io import BytesIO
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http import HttpResponse

from errorkit.guard.escaped import answer_bare, answer_escaped, watching
from errorkit.responses.converted import DJANGO_BODY

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


def asgi(application: Application) -> Application:
    """Return the application, guarded; what it sends is passed on as it is, unless it failed."""

    async def guarded(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        sender = _Sender(send)
        with watching():
            try:
                await application(scope, receive, sender)
            except Exception as exc:
                if settings.DEBUG_PROPAGATE_EXCEPTIONS or sender.is_sent:
                    raise
                await sender.replace(await _answer(exc, scope))

    return guarded


async def _answer(exc: Exception, scope: MutableMapping[str, Any]) -> HttpResponse:
    # Recording and rendering use files and databases, which would hold up the loop.
    response = await sync_to_async(answer_escaped, thread_sensitive=False)(
        exc, build=lambda: ASGIRequest(scope, BytesIO()), meta=_meta_of(scope)
    )
    response._handler_class = ASGIHandler  # type: ignore[attr-defined]
    await sync_to_async(response.close)()
    return response


def _meta_of(scope: MutableMapping[str, Any]) -> dict[str, Any]:
    """Return the headers as WSGI names them, for a request that Django cannot build."""
    meta = {"REQUEST_METHOD": scope.get("method", "GET"), "PATH_INFO": scope.get("path", "/")}
    for name, value in scope.get("headers", ()):
        meta["HTTP_" + name.decode("latin-1").upper().replace("-", "_")] = value.decode("latin-1")
    return meta


class _Sender:
    """Holds back the start of a 500 until its body shows whether it is Django's bare one."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.held: Message | None = None
        self.is_sent = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 500:
            self.held = message
            return
        if self.held is not None:
            held, self.held = self.held, None
            if await self._is_replaced(held, message):
                return
            await self.send(held)
        self.is_sent = True
        await self.send(message)

    async def replace(
        self, response: HttpResponse, cookies: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        """Send this response instead."""
        self.is_sent = True
        headers = [(name.encode(), value.encode("latin-1")) for name, value in response.items()]
        start = {"type": "http.response.start", "status": response.status_code}
        await self.send({**start, "headers": [*headers, *cookies]})
        await self.send({"type": "http.response.body", "body": response.content})

    async def _is_replaced(self, start: Message, message: Message) -> bool:
        if message.get("body") != DJANGO_BODY or message.get("more_body"):
            return False
        response = HttpResponse(status=500)
        cookies = []
        for name, value in start.get("headers", ()):
            if name.lower() == b"set-cookie":
                cookies.append((name, value))
            else:
                response.headers[name.decode("latin-1")] = value.decode("latin-1")
        if not await sync_to_async(answer_bare, thread_sensitive=False)(response, DJANGO_BODY):
            return False
        await self.replace(response, cookies)
        return True
