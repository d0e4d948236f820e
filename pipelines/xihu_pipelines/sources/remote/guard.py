"""Which addresses may be reached: a name is resolved once, and that address is connected to.

A name that is looked up a second time may point elsewhere by then (DNS rebinding), so callers
connect to the address this module returns and use the name only for TLS.
"""

import ipaddress
import socket

from xihu_platform.errors import BadInput, TransientError

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def resolve(host: str, port: int, *, inside: bool, name: str) -> str:
    """The address of a host. `name` is the connection's, for messages.

    Raises BadInput where any of its addresses is an inside one and the operator has not allowed
    that, TransientError where the name does not resolve.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TransientError(
            f"连接 {name} 的主机名无法解析，请核对设置或稍后再试",
            f"the host of connection {name} does not resolve: check the setting or try again",
        ) from None
    addresses = [str(entry[4][0]).split("%")[0] for entry in found]
    # Every address counts: one outside address must not carry an inside one past the check.
    if not inside and any(is_inside(address) for address in addresses):
        raise BadInput(
            f"连接 {name} 指向内部地址，未获允许；确需使用时由运维人员设置 "
            "XIHU_SOURCES__<名称>__INSIDE",
            f"connection {name} leads to an inside address: only the operator can allow that, by "
            "XIHU_SOURCES__<NAME>__INSIDE",
        )
    return addresses[0]


def is_inside(address: str) -> bool:
    """Loopback, link-local, private, metadata services: whatever is not the public internet.

    >>> is_inside("127.0.0.1"), is_inside("169.254.169.254"), is_inside("::ffff:10.0.0.1")
    (True, True, True)
    >>> is_inside("8.8.8.8"), is_inside("64:ff9b::a00:1")
    (False, True)
    """
    found = _bare(ipaddress.ip_address(address))
    return not found.is_global or found.is_multicast or found.is_reserved


def _bare(address: _Address) -> _Address:
    """The IPv4 address inside an IPv6 one, where there is one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
