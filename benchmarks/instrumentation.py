"""Cost of instrumentation for each request, beside that of the two usual libraries, in one run.

Each contender serves the same requests with an application of its own, called over ASGI without sockets or a
client. Rounds are interleaved and their order rotates; a round's overhead is its processor time less that of the
bare application in the same round, and figures are medians over the rounds. The libraries run with their
defaults; ours with everything: trace context, sizes, exemplars, requests in progress. Exits with 1 when our
overhead is not below half of the cheaper library's.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_fastapi_instrumentator import Instrumentator
from starlette_exporter import PrometheusMiddleware

from payment_service.instrumentation import instrument

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Message, Scope

GOAL = 0.5
BARE, OURS = "bare", "payment_service"
#: Routes of the application, requests in a round, rounds.
SIZES = ((20, 400, 41), (200, 200, 21))

HEADERS = [
    (b"host", b"payments.example.com"),
    (b"user-agent", b"checkout/2.1"),
    (b"accept", b"application/json"),
    (b"accept-encoding", b"gzip"),
    (b"authorization", b"Bearer 0123456789abcdef"),
    (b"content-type", b"application/json"),
]
#: Every second request comes with a trace.
TRACED = [*HEADERS, (b"traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]


def application(routes: int) -> FastAPI:
    """Return an application with so many routes, a tenth of them in a router of their own."""
    app = FastAPI()

    async def answer(item: str) -> dict[str, str]:
        return {"item": item}

    for group in range(10):
        router = APIRouter(prefix=f"/group{group}")
        for number in range(routes // 10):
            router.add_api_route(f"/things{number}/{{item}}", answer)
        app.include_router(router, prefix="/v1")
    return app


@dataclass
class Contender:
    """An application, how its requests are counted, and the microseconds that each of its rounds took."""

    app: FastAPI
    counted: Callable[[], float | None]
    rounds: list[float] = field(default_factory=list)

    async def serve(self, scopes: list[Scope]) -> float:
        """Serve the requests and return the processor time of each in microseconds."""
        app = self.app

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            pass

        gc.collect()
        started = time.process_time()
        for scope in scopes:
            await app(scope, receive, send)
        return (time.process_time() - started) / len(scopes) * 1e6


def contenders(routes: int) -> dict[str, Contender]:
    """Return the contenders, each with a fresh application."""
    bare, ours, instrumentator, exporter = (application(routes) for _ in range(4))
    given = instrument(ours)
    theirs = CollectorRegistry()
    Instrumentator(registry=theirs).instrument(instrumentator)
    prefix = f"exporter{routes}"
    exporter.add_middleware(PrometheusMiddleware, prefix=prefix)
    return {
        BARE: Contender(bare, lambda: None),
        OURS: Contender(ours, lambda: total(given.registry, "http_requests_total")),
        "prometheus-fastapi-instrumentator": Contender(instrumentator, lambda: total(theirs, "http_requests_total")),
        "starlette_exporter": Contender(exporter, lambda: total(REGISTRY, f"{prefix}_requests_total")),
    }


def total(registry: CollectorRegistry, name: str) -> float:
    """Return the sum of a counter's series."""
    samples = (sample for family in registry.collect() for sample in family.samples)
    return sum(sample.value for sample in samples if sample.name == name)


def scopes(routes: int, count: int) -> list[Scope]:
    """Return fresh requests to all routes in turn."""
    return [scope(f"/v1/group{n % 10}/things{n // 10 % (routes // 10)}/42", n % 2 == 1) for n in range(count)]


def scope(path: str, traced: bool) -> Scope:
    """Return a request as uvicorn would hand it over."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": list(TRACED if traced else HEADERS),
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8080),
        "state": {},
    }


async def measure(routes: int, requests: int, rounds: int) -> dict[str, Contender]:
    """Run all rounds; the first one warms up and does not count."""
    all_of_them = contenders(routes)
    for number in range(rounds + 1):
        order = list(all_of_them.values())
        order = order[number % len(order) :] + order[: number % len(order)]
        for contender in order:
            contender.rounds.append(await contender.serve(scopes(routes, requests)))
    for name, contender in all_of_them.items():
        counted = contender.counted()
        if counted not in {None, requests * (rounds + 1)}:
            raise RuntimeError(f"{name} counted {counted} of {requests * (rounds + 1)} requests")
        del contender.rounds[0]
    return all_of_them


def report(routes: int, measured: dict[str, Contender]) -> bool:
    """Print the figures for one size and return whether the goal is reached."""
    bare = measured[BARE].rounds
    overheads = {
        name: statistics.median(mine - base for mine, base in zip(contender.rounds, bare, strict=True))
        for name, contender in measured.items()
        if name != BARE
    }
    cheaper = min((name for name in overheads if name != OURS), key=overheads.__getitem__)
    print(f"{routes} routes, median of {len(bare)} rounds, microseconds of CPU for each request")
    print(f"  {BARE:<34}{statistics.median(bare):7.1f}")
    for name, overhead in overheads.items():
        print(f"  {name:<34}{statistics.median(measured[name].rounds):7.1f}  overhead {overhead:6.1f}")
    ratio = overheads[OURS] / overheads[cheaper]
    print(f"  ours / {cheaper}: {ratio:.2f} of its overhead (goal: below {GOAL})")
    return ratio < GOAL


def main() -> int:
    """Print the figures; 1 when the goal is missed."""
    reached = [report(size[0], asyncio.run(measure(*size))) for size in SIZES]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
