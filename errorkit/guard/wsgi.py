"""The guard around a WSGI application (PEP 3333)."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpResponse

from errorkit.guard.escaped import answer_bare, answer_escaped, watching

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


def wsgi(application: Application) -> Application:
    """Return the application, guarded; what it returns is passed on as it is, unless it failed."""

    def guarded(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start = _Start(start_response)
        with watching():
            try:
                body = application(environ, start)
            except Exception as exc:
                if settings.DEBUG_PROPAGATE_EXCEPTIONS or start.is_sent:
                    raise
                response = answer_escaped(exc, build=lambda: WSGIRequest(environ), meta=environ)
                response._handler_class = WSGIHandler  # type: ignore[attr-defined]
                return start.replace(response)
            if isinstance(body, HttpResponse) and answer_bare(body, body.content):
                return start.replace(body)
        start.release()
        return body

    return guarded


class _Start:
    """Holds back what an application starts until it is known whether it fails."""

    def __init__(self, start_response: StartResponse) -> None:
        self.start_response = start_response
        self.held: tuple[Any, ...] | None = None
        self.is_sent = False
        self.write: Callable[[bytes], Any] = lambda _data: None

    def __call__(self, *arguments: Any) -> Callable[[bytes], Any]:
        # An application that starts while its body is read gets through: it is too late to answer anything else.
        if self.is_sent:
            return self._pass_on(arguments)
        self.held = arguments
        return self._write

    def release(self) -> None:
        """Pass on what was held back."""
        if self.held is not None and not self.is_sent:
            self._pass_on(self.held)
        self.is_sent = True

    def replace(self, response: HttpResponse) -> HttpResponse:
        """Start this response instead."""
        cookies = (("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values())
        self.held = (
            f"{response.status_code} {response.reason_phrase}",
            [*response.items(), *cookies],
        )
        self.release()
        return response

    def _write(self, data: bytes) -> None:
        if not self.is_sent:
            assert self.held is not None
            self.is_sent, self.write = True, self._pass_on(self.held)
        self.write(data)

    def _pass_on(self, arguments: tuple[Any, ...]) -> Callable[[bytes], Any]:
        write: Callable[[bytes], Any] = self.start_response(*arguments)
        return write
