"""From where a request comes, and whom its limits are counted by."""

from contextvars import ContextVar
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from xihu_platform.identity.principal import Principal

ADDRESS: ContextVar[str] = ContextVar("address", default="")
"""Of the request under way, as `source_of` makes it; empty outside of requests."""
_ONE_CUSTOMER = 64  # bits of an IPv6 address that one customer of a provider has as a rule


@lru_cache(maxsize=4096)
def source_of(host: str) -> str:
    """An address as limits count it: one customer is one source.

    >>> source_of("2001:db8::1") == source_of("2001:db8::2")
    True
    >>> source_of("192.0.2.7")
    '192.0.2.7'
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _ONE_CUSTOMER), strict=False))
    return str(address)


def caller_of(principal: Principal) -> str:
    """Whom limits count: the person or system, or the address of one who is not signed in."""
    if principal.kind == "anonymous":
        return f"address {ADDRESS.get()}"
    return f"{principal.kind} {principal.id}"
