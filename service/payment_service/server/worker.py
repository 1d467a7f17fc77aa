"""A worker process: ``python -m payment_service.server.worker LISTENER LIFELINE OPTIONS``.

The first two are file descriptors that the supervisor hands on.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys

from payment_catalog.errors import ForeseenError
from payment_service.server.draining import DrainingServer
from payment_service.server.options import ServerOptions, run

_USAGE = 2


class _WorkerServer(DrainingServer):
    """Says on the lifeline that it serves, and ends when the supervisor is gone."""

    def __init__(self, options: ServerOptions, lifeline: int) -> None:
        super().__init__(options.uvicorn_config(), options.notice_seconds)
        self._lifeline = lifeline

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        os.write(self._lifeline, b"1")
        asyncio.get_running_loop().add_reader(self._lifeline, self._supervisor_is_gone)

    def _supervisor_is_gone(self) -> None:
        asyncio.get_running_loop().remove_reader(self._lifeline)
        self.should_exit = True


def main() -> None:
    """Serve until SIGTERM."""
    listener, lifeline, options = int(sys.argv[1]), int(sys.argv[2]), ServerOptions.from_json(sys.argv[3])
    for descriptor in (listener, lifeline):
        os.set_inheritable(descriptor, False)
    try:
        run(_WorkerServer(options, lifeline), socket.socket(fileno=listener))
    except ForeseenError as error:
        print(f"payment-service: {error}", file=sys.stderr)
        sys.exit(_USAGE)


if __name__ == "__main__":
    main()
