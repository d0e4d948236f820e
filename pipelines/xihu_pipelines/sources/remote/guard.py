"""Which addresses may be reached: a name is resolved once, and that address is connected to.

A name that is looked up a second time may point elsewhere by then (DNS rebinding), so callers
connect to the address this module returns and use the name only for TLS.
"""

import socket
from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network, ip_address

from xihu_platform.errors import BadInput, TransientError
from xihu_platform.inside import is_inside

Networks = Collection[IPv4Network | IPv6Network]


def resolve_exchange(host: str, port: int, *, networks: Networks, name: str) -> str:
    """The address of a host that somebody else named: outside, or in one of the networks.

    Raises BadInput for any other, TransientError where the name does not resolve.
    """
    addresses = _addresses(host, port, name)
    wrong = [
        one
        for one in addresses
        if is_inside(one) and not any(ip_address(one) in network for network in networks)
    ]
    if wrong:
        raise BadInput(
            f"{name} 的接收数据库在内部网络中，未获允许；确需使用时由运维人员设置 "
            "XIHU_EXCHANGE__NETWORKS",
            f"the receiving database of {name} is in an inside network that is not allowed: the "
            "operator allows one by XIHU_EXCHANGE__NETWORKS",
        )
    return addresses[0]


def resolve(host: str, port: int, *, inside: bool, name: str) -> str:
    """The address of a host. `name` is the connection's, for messages.

    Raises BadInput where any of its addresses is an inside one and the operator has not allowed
    that, TransientError where the name does not resolve.
    """
    addresses = _addresses(host, port, name)
    # Every address counts: one outside address must not carry an inside one past the check.
    if not inside and any(is_inside(address) for address in addresses):
        raise BadInput(
            f"连接 {name} 指向内部地址，未获允许；确需使用时由运维人员设置 "
            "XIHU_SOURCES__<名称>__INSIDE",
            f"connection {name} leads to an inside address: only the operator can allow that, by "
            "XIHU_SOURCES__<NAME>__INSIDE",
        )
    return addresses[0]


def _addresses(host: str, port: int, name: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TransientError(
            f"连接 {name} 的主机名无法解析，请核对设置或稍后再试",
            f"the host of connection {name} does not resolve: check the setting or try again",
        ) from None
    return [str(entry[4][0]).split("%")[0] for entry in found]
