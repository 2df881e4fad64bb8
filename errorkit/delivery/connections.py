"""Connections that end in time, and some that lead to public addresses only."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from errorkit.delivery.addresses import resolve_public
from errorkit.watchdog import watched

_thread = threading.local()


def make_manager(proxy: str = "", *, public_only: bool = False) -> urllib3.PoolManager:
    """Return a pool whose connections `deadline` can end; with `public_only` a proxy is not used, since it would look names up by itself."""
    if proxy and not public_only:
        manager: urllib3.PoolManager = _through(proxy)
    else:
        manager = urllib3.PoolManager(num_pools=2, retries=False)
    pools = {"http": _PublicPool, "https": _PublicTLSPool} if public_only else None
    manager.pool_classes_by_scheme = pools or {"http": _Pool, "https": _TLSPool}
    return manager


def _through(proxy: str) -> urllib3.ProxyManager:
    # urllib3 leaves it to its callers to read credentials out of a proxy's URL.
    auth = urllib3.util.parse_url(proxy).auth
    headers = urllib3.make_headers(proxy_basic_auth=unquote(auth)) if auth else None
    return urllib3.ProxyManager(proxy, proxy_headers=headers, num_pools=2, retries=False)


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Shut down the connection that this thread uses once the time is over, and raise.

    A server that sends one byte now and then keeps every read time-out from running out.
    """
    state = _thread.__dict__
    state["connection"] = None

    def cut() -> None:
        connection = state.get("connection")
        if (sock := getattr(connection, "sock", None)) is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    try:
        with watched(seconds, cut) as watch:
            yield
    finally:
        state["connection"] = None
    # To the HTTP library an answer that was cut looks like one that has ended.
    if watch.fired:
        raise urllib3.exceptions.TimeoutError(f"no whole answer within {seconds:g} s")


class _Connection(HTTPConnection):
    """Says which connection its thread is using."""

    def connect(self) -> None:
        _thread.connection = self
        super().connect()

    def request(self, *args: Any, **kwargs: Any) -> None:
        _thread.connection = self
        super().request(*args, **kwargs)


class _PublicConnection(_Connection):
    """Connects to the very address that was examined; the certificate is still that of the name."""

    def _new_conn(self) -> socket.socket:
        try:
            address = resolve_public(self.host, self.port)
            return create_connection(
                (address, self.port), self.timeout, socket_options=self.socket_options
            )
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "the connection timed out") from error
        except OSError as error:
            raise NewConnectionError(self, f"no connection: {error}") from error


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class _PublicTLSConnection(_PublicConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicTLSPool(HTTPSConnectionPool):
    ConnectionCls = _PublicTLSConnection
