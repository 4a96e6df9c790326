"""Request guards: a browser on our own host cannot be turned against us.

A daemon that listens on loopback trusts the host's users, but any page that one of them opens can make the
browser send requests to it. Such requests say where they come from (Origin, Sec-Fetch-Site), or, with a name
that was rebound to 127.0.0.1, carry that name in the Host header.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer; web-config's `headers` win over them."""


def is_loopback(host: str) -> bool:
    """Whether a host, as written before the port in an address, is this machine and nothing else."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def split_address(address: str) -> tuple[str, int]:
    """`127.0.0.1:9810` or `[::1]:9810` as host (no brackets) and port. Raises ValueError."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise ValueError(f"{address!r} is not an address (write 127.0.0.1:9810 or [::1]:9810)")
    return host.strip("[]"), int(port)


def host_of(host_header: str) -> str:
    """The Host header without its port."""
    head, colon, port = host_header.rpartition(":")
    return head if colon and port.isdecimal() and not host_header.endswith("]") else host_header


def is_cross_site(headers: Mapping[str, str], own_origin: str) -> bool:
    """Whether a browser sent this on behalf of another site's page."""
    site = headers.get("Sec-Fetch-Site", "none")
    origin = headers.get("Origin", own_origin)
    return site not in {"none", "same-origin"} or origin.lower() != own_origin.lower()
