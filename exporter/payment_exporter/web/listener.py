"""The listening socket, with a cap on the connections that are open at once."""

from __future__ import annotations

import logging
import socket
from typing import Any
from weakref import WeakSet

from payment_exporter.web.throttled_log import ThrottledLog

log = logging.getLogger(__name__)

_BACKLOG = 128


class Listener(socket.socket):
    """Listens at ``address``; closes at once what comes beyond ``connections`` open ones.

    It counts sockets, so that a client in the midst of a TLS handshake counts as well. No host means every IPv4
    address, ``::`` every address. Raises OSError where the address cannot be used.
    """

    def __init__(self, address: tuple[str, int], connections: int) -> None:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        # The protocol is named, for asyncio turns Nagle's algorithm off only where it is: an answer's end would wait
        # 40 ms for the client's delayed acknowledgement of its beginning.
        super().__init__(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._connections = connections
        self._accepted: WeakSet[socket.socket] = WeakSet()
        self._refused = ThrottledLog(log)
        try:
            self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                self.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            self.bind(address)
            self.listen(_BACKLOG)
        except BaseException:
            self.close()
            raise

    def accept(self) -> tuple[socket.socket, Any]:
        """Take a connection; raises ConnectionAbortedError for one too many, after which asyncio goes on."""
        connection, client = super().accept()
        if sum(accepted.fileno() != -1 for accepted in self._accepted) >= self._connections:
            connection.close()
            self._refused.warning("connection refused reason=too_many limit=%d client=%s", self._connections, client[0])
            raise ConnectionAbortedError
        self._accepted.add(connection)
        return connection, client
