"""Health and metrics, for machines; no key is needed, nothing secret is told."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client.exposition import choose_encoder
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from payment_service.context import Parts

_CHECK_TIMEOUT = 2.0

router = APIRouter(tags=["operations"])


@router.get("/health")
async def health() -> dict[str, str]:
    """Say that the process serves requests; asks no dependency."""
    return {"status": "ok"}


@router.get("/ready")
async def ready(request: Request) -> JSONResponse:
    """Say whether every dependency answers, each by name; 503 when one does not."""
    parts: Parts = request.app.state.parts
    checks = {"database": _database(parts), "rate_limit": _holds(parts.limiter.ready())}
    results = dict(zip(checks, await asyncio.gather(*checks.values()), strict=True))
    everything = all(results.values())
    return JSONResponse(
        {
            "status": "ready" if everything else "not ready",
            "checks": {name: "ok" if works else "failed" for name, works in results.items()},
        },
        HTTPStatus.OK if everything else HTTPStatus.SERVICE_UNAVAILABLE,
    )


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Return the metrics, in the format that is asked for; rendered beside the event loop."""
    parts: Parts = request.app.state.parts
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(await asyncio.to_thread(encode, parts.metrics.registry), media_type=content_type)


async def _database(parts: Parts) -> bool:
    async def ask() -> bool:
        async with parts.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return True

    return await _holds(ask())


async def _holds(check: Awaitable[bool]) -> bool:
    try:
        return await asyncio.wait_for(check, _CHECK_TIMEOUT)
    except Exception:
        return False
