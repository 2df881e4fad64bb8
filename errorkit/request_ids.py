"""The request ID: made here or taken from a trusted peer, bound to the context, shown in every log line."""

import logging
import os
import re
from contextvars import ContextVar, Token
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.http import HttpRequest

from errorkit.conf import get_config

# Strict on purpose: the ID lands in headers, log lines and URLs. No comma, because servers join repeated headers with one.
PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{7,127}", re.ASCII)
PLACEHOLDER = "-"
BLOCK = 256  # IDs that are made at once

# `pop` and `extend` of a list are single steps, so threads need no lock.
_spare: list[str] = []


class Binding:
    """The IDs of one request. Mutable, so that a reference set in a copied context is seen in the original."""

    __slots__ = ("reference", "request_id")

    def __init__(self, request_id: str, reference: str | None) -> None:
        self.request_id = request_id
        self.reference = reference


BindingToken = Token["Binding | None"]
_binding: ContextVar[Binding | None] = ContextVar("errorkit_binding", default=None)


def get_request_id() -> str | None:
    """Return the ID of the request (or task) that this code runs for, or None outside of one."""
    binding = _binding.get()
    return binding.request_id if binding is not None else None


def make_request_id() -> str:
    """Return 32 random lower-case hexadecimal digits, the shape of a W3C trace-id.

    They come from the system in blocks, because every request needs one and a system call would be the dearest part of it.
    """
    try:
        return _spare.pop()
    except IndexError:
        block = os.urandom(16 * BLOCK).hex()
        _spare.extend([block[start : start + 32] for start in range(32, len(block), 32)])
        return block[:32]


if hasattr(os, "register_at_fork"):
    # Two processes must not give the same IDs.
    os.register_at_fork(after_in_child=_spare.clear)


def choose_request_id(request: HttpRequest) -> str:
    """Return the ID that a trusted peer sent, if it is well formed, else a new one."""
    config = get_config()
    if config.trusted_request_id_proxies and config.request_id_header:
        name = "HTTP_" + config.request_id_header.upper().replace("-", "_")
        sent = request.META.get(name)
        peer = request.META.get("REMOTE_ADDR")
        if is_request_id(sent) and is_trusted(peer, config.trusted_request_id_proxies):
            return str(sent)
    return make_request_id()


def is_request_id(value: object) -> bool:
    """Return whether the value is a request ID that may be passed on."""
    return isinstance(value, str) and PATTERN.fullmatch(value) is not None


def is_trusted(peer: str | None, trusted: tuple[str, ...]) -> bool:
    """Return whether the peer's address, as the server gives it, is in one of the networks.

    `*` trusts everybody; `unix` trusts a peer without an address, which is what a Unix socket looks like.
    """
    if "*" in trusted:
        return True
    if not peer:
        return "unix" in trusted
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in _networks(trusted))


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    networks = []
    for text in trusted:
        try:
            networks.append(ip_network(text, strict=False))
        except ValueError:
            # "unix", or a typo: what cannot be read is not trusted.
            continue
    return tuple(networks)


def bind(request_id: str, reference: str | None = None) -> BindingToken:
    """Make the IDs those of the current context; give the token to `unbind`."""
    return _binding.set(Binding(request_id, reference))


def unbind(token: BindingToken) -> None:
    """Restore what was bound before: an eager task must not wipe the ID of its request."""
    try:
        _binding.reset(token)
    except ValueError:
        # Closed in another context than it was opened in, as async generators can be.
        _binding.set(None)


def set_reference(reference: str | None) -> None:
    """Let the log lines of the current request carry the reference; nothing happens outside of one."""
    binding = _binding.get()
    if binding is not None:
        binding.reference = reference


class RequestIDFilter(logging.Filter):
    """Give every record `request_id` and `reference`; `-` where there is none. Never drops one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add what the format string asks for."""
        binding = _binding.get()
        if not hasattr(record, "request_id"):
            record.request_id = _request_id_for(record, binding)
        if not hasattr(record, "reference"):
            record.reference = (binding and binding.reference) or PLACEHOLDER
        return True


def _request_id_for(record: logging.LogRecord, binding: Binding | None) -> str:
    if binding is not None:
        return binding.request_id
    # Django logs 4xx answers after the middleware is done, but hands the request along.
    request_id = getattr(getattr(record, "request", None), "request_id", None)
    return request_id if isinstance(request_id, str) else PLACEHOLDER
