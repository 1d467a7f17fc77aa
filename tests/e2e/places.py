"""Environments in which a service and an exporter publish what a test wants them to."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import TYPE_CHECKING, Any

from payment_catalog.settings.places import Environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from payment_catalog.metric import Metric


@dataclass
class Publisher:
    """A target of Prometheus; every sample is read anew at each scrape. One that is ``down`` answers 503."""

    samples: dict[str, Callable[[], float]] = field(default_factory=dict)
    down: bool = False

    def __enter__(self) -> Publisher:
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                body = "".join(f"{series} {value()}\n" for series, value in dict(publisher.samples).items()).encode()
                self.send_response(503 if publisher.down else 200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def say(self, metric: Metric, value: float, **labels: str) -> None:
        """Publish a gauge."""
        self.samples[_series(metric, labels)] = lambda: value

    def count(self, metric: Metric, per_second: float, **labels: str) -> None:
        """Publish a counter that grows from now on."""
        start = monotonic()
        self.samples[_series(metric, labels)] = lambda: per_second * (monotonic() - start)


def _series(metric: Metric, labels: dict[str, str]) -> str:
    inside = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{metric}{{{inside}}}"


@dataclass
class Place:
    """An environment."""

    name: str
    service: Publisher = field(default_factory=Publisher)
    exporter: Publisher = field(default_factory=Publisher)
    _exit: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Place:
        self._exit.enter_context(self.service)
        self._exit.enter_context(self.exporter)
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    @property
    def environment(self) -> Environment:
        return Environment(service=(self.service.target,), exporter=(self.exporter.target,))
