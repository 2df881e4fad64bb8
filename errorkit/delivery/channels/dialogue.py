"""A dialogue with a mail server that ends in time, whatever the server does."""

import smtplib
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from errorkit.watchdog import watched


@contextmanager
def cut_after(seconds: float, backend: Any) -> Iterator[None]:
    """Hang up on a server that keeps every single answer within its time, and never comes to an end.

    Backends that do not speak SMTP by Django's own have limits of their own.
    """
    with ExitStack() as lines:
        dialled: list[socket.socket] = []

        def cut() -> None:
            for line in dialled:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)

        def keep(line: socket.socket) -> None:
            # A socket of our own to the same connection: TLS takes the other one over.
            dialled.append(lines.enter_context(line.dup()))

        _tell_of_connections(backend, keep, lines)
        with watched(seconds, cut):
            yield


def _tell_of_connections(
    backend: Any, keep: Callable[[socket.socket], None], lines: ExitStack
) -> None:
    """Have the backend tell of each connection as soon as it stands, before the server's greeting is read.

    Nothing of the backend's leads to it until it has been greeted, and since Django 6.1 until it has logged in.
    """
    kind = getattr(backend, "connection_class", None)
    if not (isinstance(kind, type) and issubclass(kind, smtplib.SMTP)):
        return

    class Told(smtplib.SMTP):
        def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
            line: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
            keep(line)
            return line

    told = Told if kind is smtplib.SMTP else type(kind.__name__, (kind, Told), {})
    own = type(backend)
    backend.__class__ = type(own.__name__, (own,), {"connection_class": told})
    lines.callback(setattr, backend, "__class__", own)
