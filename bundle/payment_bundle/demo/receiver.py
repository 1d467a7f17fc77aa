"""Receives what Alertmanager sends, keeps the newest, and shows it."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from payment_bundle.demo.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

_KEPT = 1000
_MAX_BODY = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Notification:
    """One alert of one message, as it arrived at a contact point."""

    contact_point: str
    status: str
    labels: dict[str, str]
    annotations: dict[str, str]

    @property
    def alert(self) -> str:
        """Name of the alert."""
        return self.labels.get("alertname", "")


class Receiver:
    """An HTTP server on loopback: POST ``/notify/<contact point>``, and GET ``/`` shows what arrived."""

    def __init__(self, port: int) -> None:
        self._arrived: deque[Notification] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_POST(self) -> None:
                receiver._post(self)

            def do_GET(self) -> None:
                receiver._get(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
                """Stay silent: the demo's terminal shows a status line."""

        self._server = ThreadingHTTPServer((LOOPBACK, port), Handler, bind_and_activate=False)
        self._thread = threading.Thread(target=self._server.serve_forever, name="receiver", daemon=True)

    def __enter__(self) -> Receiver:
        """Take the port and start to serve."""
        self._server.server_bind()
        self._server.server_activate()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def notifications(self) -> tuple[Notification, ...]:
        """Return what has arrived, the oldest first."""
        with self._lock:
            return tuple(self._arrived)

    def _post(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers.get("Content-Length") or 0)
        if length > _MAX_BODY:
            request.send_error(413)
            return
        try:
            arrived = list(_parse(request.path.rpartition("/")[2], json.loads(request.rfile.read(length))))
        except (ValueError, KeyError, TypeError, AttributeError):
            request.send_error(400, "not a message of Alertmanager")
            return
        with self._lock:
            self._arrived.extend(arrived)
        request.send_response(204)
        request.end_headers()

    def _get(self, request: BaseHTTPRequestHandler) -> None:
        body = json.dumps([asdict(item) for item in self.notifications()], indent=2).encode()
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


def _parse(contact_point: str, message: Any) -> Iterator[Notification]:
    for alert in message["alerts"]:
        yield Notification(contact_point, alert["status"], dict(alert["labels"]), dict(alert["annotations"]))
