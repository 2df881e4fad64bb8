"""IP addresses, cut to the network they are in: enough to see a pattern, too little to name a person."""

import re
from functools import lru_cache
from ipaddress import ip_address, ip_network

ADDRESS_HEADERS = frozenset(
    [
        "X-Forwarded-For",
        "X-Real-Ip",
        "X-Client-Ip",
        "X-Cluster-Client-Ip",
        "Cf-Connecting-Ip",
        "Cf-Connecting-Ipv6",
        "True-Client-Ip",
        "Fly-Client-Ip",
        "Fastly-Client-Ip",
        "X-Original-Forwarded-For",
        "Forwarded",
    ]
)
KEPT_BITS = {4: 24, 6: 48}
ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}")


@lru_cache(maxsize=256)
def truncated(address: str) -> str:
    """Return the address with the host part zeroed: /24 for version 4, /48 for version 6; the empty text for what is none."""
    if not address:
        return ""
    try:
        version = ip_address(address).version
        return str(ip_network(f"{address}/{KEPT_BITS[version]}", strict=False).network_address)
    except ValueError:
        return ""


def truncated_all(text: str) -> str:
    """Return a header with each address in it truncated."""
    return ADDRESS.sub(lambda match: truncated(match[0]) or "?", text)
