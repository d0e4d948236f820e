"""Which addresses are inside: whatever is not the public internet."""

import ipaddress

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        (
            "64:ff9b:1::/48",  # RFC 8215
            "fec0::/10",  # site-local, of old (RFC 3879)
            "192.0.0.0/24",  # of protocols (RFC 6890)
            "192.88.99.0/24",  # 6to4 relays, of old (RFC 7526)
        ),
    )
)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_inside(address: str) -> bool:
    """Loopback, link-local, private, metadata services: whatever is not the public internet.

    >>> is_inside("127.0.0.1"), is_inside("169.254.169.254"), is_inside("::ffff:10.0.0.1")
    (True, True, True)
    >>> is_inside("8.8.8.8"), is_inside("64:ff9b::a00:1")
    (False, True)
    """
    found = _bare(ipaddress.ip_address(address))
    if not found.is_global or found.is_multicast or found.is_reserved:
        return True
    return any(found in one for one in _SPECIAL if one.version == found.version)


def _bare(address: _Address) -> _Address:
    """The IPv4 address inside an IPv6 one, where there is one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
