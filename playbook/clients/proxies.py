"""Proxies from the environment, and their authentication."""

from __future__ import annotations

import base64
import ipaddress
import urllib.request
from urllib.parse import SplitResult, unquote, urlsplit

from playbook.core.errors import UsageError

PORTS = {"http": 80, "https": 443}


def proxy_for(url: SplitResult) -> SplitResult | None:
    """The proxy for this URL according to the environment; never one for loopback.

    Raises:
        UsageError: the environment names an unsupported kind of proxy.
    """
    host = url.hostname or ""
    if is_loopback(host):
        return None
    named = urllib.request.getproxies()
    address = named.get(url.scheme) or named.get("all")
    if not address or urllib.request.proxy_bypass(f"{host}:{url.port or PORTS[url.scheme]}"):
        return None
    proxy = urlsplit(address if "://" in address else f"http://{address}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise UsageError(f"the environment names a {proxy.scheme}:// proxy: expected http://host:port")
    return proxy


def is_loopback(host: str) -> bool:
    """Whether a host is a name or address of this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def basic(username: str, password: str) -> str:
    """Value of a basic authorization header."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode("ascii")


def proxy_headers(proxy: SplitResult) -> dict[str, str]:
    """Headers for a proxy that requires authentication."""
    if not proxy.username:
        return {}
    return {"Proxy-Authorization": basic(unquote(proxy.username), unquote(proxy.password or ""))}
