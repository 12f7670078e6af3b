"""Which network addresses a key may be sent to: public ones, whatever a name resolves to."""

import ipaddress
import socket

_RESERVED = tuple(map(ipaddress.IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/3", "168.63.129.16/32",
)))  # fmt: skip
"""IANA's special-purpose registry (loopback, private, link-local, shared, documentation, multicast …), written
out because Python's own idea of it changes with its version; the last is the host of Azure's machines."""
_UNICAST = ipaddress.IPv6Network("2000::/3")
_RESERVED_6 = tuple(map(ipaddress.IPv6Network, (
    "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)))  # fmt: skip
"""Special purposes within global unicast; addresses that hold an IPv4 address are looked at for it first."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def resolve(host: str, port: int) -> list[str]:
    """The addresses of `host`, as the system prefers them. Raises OSError if there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def public(address: str) -> bool:
    """Whether `address` belongs to a host that everybody can reach; False also for what is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _RESERVED)
    if parsed.ipv4_mapped is not None:
        return public(str(parsed.ipv4_mapped))
    if parsed in _NAT64:  # networks without IPv4 reach all of it through this prefix
        return public(str(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)))
    return parsed in _UNICAST and not any(parsed in network for network in _RESERVED_6)
