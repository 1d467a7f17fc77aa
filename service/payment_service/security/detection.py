"""Detectors of patterns over several requests. Pure: the time is given; memory is bounded.

Each process counts what it sees itself; behind a load balancer an attack is spread, and the limits with it.
"""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address, ip_network

#: More callers than this are forgotten, the longest unseen first, so that an attack cannot fill the memory.
MOST_CALLERS = 10_000

_IPV6_NETWORK = 64


class Repetition:
    """Counts what a caller does within windows of ``seconds``; ``limit`` times is still usual."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many callers are remembered."""
        return len(self._windows)

    def seen(self, caller: str, now: float) -> int:
        """Count one more, and return how many are above the limit; 1 is the first that is."""
        start, count = self._windows.pop(caller, (now, 0))
        if now - start >= self._seconds:
            start, count = now, 0
        self._windows[caller] = (start, count + 1)
        if len(self._windows) > MOST_CALLERS:
            self._windows.popitem(last=False)
        return max(0, count + 1 - self._limit)


class Spread:
    """Notices that something is used from more than ``limit`` addresses within windows of ``seconds``."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._windows: OrderedDict[str, tuple[float, set[str]]] = OrderedDict()

    def seen(self, subject: str, address: str, now: float) -> bool:
        """Note an address; return True for the one that is beyond the limit, once a window."""
        start, addresses = self._windows.pop(subject, (now, set[str]()))
        if now - start >= self._seconds:
            start, addresses = now, set[str]()
        self._windows[subject] = (start, addresses)
        if len(self._windows) > MOST_CALLERS:
            self._windows.popitem(last=False)
        network = network_of(address)
        if len(addresses) > self._limit or network in addresses:
            return False
        addresses.add(network)
        return len(addresses) > self._limit


def network_of(address: str) -> str:
    """Return the address, and for IPv6 its /64: a single customer has all of one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, _IPV6_NETWORK), strict=False))
    return address
