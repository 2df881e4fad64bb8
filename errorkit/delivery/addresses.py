"""Which addresses a URL that did not come from the settings may lead to: public ones only."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from urllib3.exceptions import HTTPError

# RFC 6052: the last 32 bits are the IPv4 address that a translator forwards to.
NAT64 = IPv6Network("64:ff9b::/96")


class ForbiddenAddressError(HTTPError):
    """A name leads to an address inside: this machine, its network, or a cloud's own services."""


def resolve_public(host: str, port: int) -> str:
    """Return the address to connect to: what was examined, so that a second look-up cannot say something else.

    Raises ForbiddenAddressError if any address of the name is not public, and socket.gaierror if it has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    # One that is not public among others that are is how a name is made to lead inside now and then.
    if not addresses or not all(map(is_public, addresses)):
        raise ForbiddenAddressError("the URL leads to an address that is not public")
    return addresses[0]


def is_public(text: str) -> bool:
    """Return whether the address is on the Internet, whatever form it is written in."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and (inner := _embedded(address)) is not None:
        return is_public(str(inner))
    return address.is_global and not address.is_multicast


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that packets to this one end up at, or None."""
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
