"""Which connections may stay when there are many: some in all, fewer from one address."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Protocol

Addresses = Sequence[IPv4Network | IPv6Network]

SHARED_ADDRESSES: Addresses = (ip_network("127.0.0.1"), ip_network("::1"))
"""Everybody on this machine and behind a tunnel has one of these: no address of one person."""


class Refusal(enum.StrEnum):
    """Why a connection was turned away or cut; the value is a label of the metrics."""

    FULL = "full"
    PEER = "peer"
    MADE_ROOM = "made_room"
    LATE = "late"
    MALFORMED = "malformed"
    FROZEN = "frozen"
    FLOOD = "flood"


@dataclass(frozen=True)
class ConnectionLimits:
    """How many connections may be open.

    Attributes:
        total: Of all.
        per_peer: From one address.
        shared: Addresses of many people, such as a proxy's, to which `per_peer` does not apply.
    """

    total: int = 1000
    per_peer: int = 200
    shared: Addresses = SHARED_ADDRESSES

    def are_for(self, peer: str | None) -> bool:
        """Whether `per_peer` applies to this address."""
        try:
            address = ip_address(peer or "")
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return not any(address in network for network in self.shared)


class Idler(Protocol):
    """A connection that serves no request at the moment."""

    def leave(self) -> None:
        """End at once."""


class ConnectionPlaces:
    """The connections of one server. Used on its event loop alone.

    When all places are taken, the connection that has waited longest without a request gives up
    its own: browsers keep such ones in stock, and who is slow to ask is one, too. So a crowd that
    only holds connections open keeps nobody out.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        # In the order in which they began to wait.
        self._idlers: dict[Idler, None] = {}
        self.refusals: Counter[Refusal] = Counter()

    def refusal_of(self, peer: str | None, open_peers: Collection[str | None]) -> Refusal | None:
        """Why a connection that has just been made can't stay; None: it may.

        Args:
            peer: Its address.
            open_peers: The address of every open connection, this one among them.
        """
        if self._limits.are_for(peer) and (
            sum(each == peer for each in open_peers) > self._limits.per_peer
        ):
            return self.count(Refusal.PEER)
        if len(open_peers) <= self._limits.total:
            return None
        idler = next(iter(self._idlers), None)
        if idler is None:
            return self.count(Refusal.FULL)
        del self._idlers[idler]
        self.count(Refusal.MADE_ROOM)
        idler.leave()
        return None

    def begin_waiting(self, connection: Idler) -> None:
        """It waits for a request, from now on."""
        self._idlers.pop(connection, None)
        self._idlers[connection] = None

    def end_waiting(self, connection: Idler) -> None:
        """It serves one, or has ended."""
        self._idlers.pop(connection, None)

    def count(self, refusal: Refusal) -> Refusal:
        """Remember that it happened; gives it back."""
        self.refusals[refusal] += 1
        return refusal
