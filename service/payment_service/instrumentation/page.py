"""The metrics page: rendered beside the event loop, since 10,000 series take a tenth of a second."""

from __future__ import annotations

import asyncio
import gzip
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client.exposition import choose_encoder, gzip_accepted
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response

from payment_service.instrumentation.workers import WorkersCollector, workers_directory

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from starlette.types import Receive, Scope, Send

    from payment_service.instrumentation.runtime import Sampler

_VERSION = re.compile(r";\s*version\s*=\s*([^;]*)")
#: Of both text formats; prometheus_client would answer in any version that it is asked for.
_KNOWN_VERSIONS = frozenset({"0.0.1", "0.0.4", "1.0.0"})
#: Between the time that compression takes and the size that it leaves.
_GZIP_LEVEL = 5
_METHODS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Rendered:
    """The metrics as bytes, and the headers that say how they are written."""

    body: bytes
    headers: dict[str, str]


def render(registry: CollectorRegistry, accept: str, accept_encoding: str) -> Rendered:
    """Write the metrics in the format that the headers ``Accept`` and ``Accept-Encoding`` ask for.

    That is Prometheus' text format, OpenMetrics where it is asked for, compressed where gzip is accepted. Where
    several worker processes serve, the values of all of them are written, whatever ``registry`` holds. Takes its
    time: call it in a thread. Raises TimeoutError when the workers' values stay locked.
    """
    directory = workers_directory()
    encode, content_type = choose_encoder(_with_known_versions(accept))
    body = encode(registry if directory is None else WorkersCollector(directory))
    headers = {"Content-Type": content_type}
    if gzip_accepted(accept_encoding):
        body = gzip.compress(body, _GZIP_LEVEL)
        headers["Content-Encoding"] = "gzip"
    return Rendered(body, headers)


def _with_known_versions(accept: str) -> str:
    kept = []
    for media_range in accept.split(","):
        version = _VERSION.search(media_range)
        if version is None or version[1].strip() in _KNOWN_VERSIONS:
            kept.append(media_range)
    return ",".join(kept)


class MetricsPage:
    """The page as an ASGI application; what is sampled is read anew for each answer."""

    def __init__(self, registry: CollectorRegistry, sampler: Sampler) -> None:
        self._registry = registry
        self._sampler = sampler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await (await self._answer(scope))(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        if scope["method"] not in _METHODS:
            return PlainTextResponse("Method Not Allowed", 405, headers={"Allow": ", ".join(_METHODS)})
        headers = Headers(scope=scope)
        self._sampler.sample()
        page = await asyncio.to_thread(
            render, self._registry, headers.get("Accept", ""), headers.get("Accept-Encoding", "")
        )
        return Response(page.body, headers=page.headers)
