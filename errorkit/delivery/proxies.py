"""The proxies that the environment names, and what is secret in them."""

import os
from functools import lru_cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from errorkit.delivery.texts import credentials_in

NAMES = ("http_proxy", "https_proxy", "all_proxy")


def proxy_for(url: str) -> str:
    """Return the URL of the proxy for a URL, or nothing; with a scheme, which people leave out."""
    parts = urlsplit(url)
    if proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all", "")
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


def proxy_secrets() -> set[str]:
    """Return the credentials of all proxies."""
    values = (os.environ.get(name) for lower in NAMES for name in (lower, lower.upper()))
    return _credentials(tuple(value for value in values if value and "@" in value))


@lru_cache(maxsize=8)
def _credentials(proxies: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for proxy in proxies:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        found.update(credentials_in(parts.username, parts.password))
    return found
