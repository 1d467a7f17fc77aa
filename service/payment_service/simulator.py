"""A gateway that behaves as it is told: for the demo, drills and tests. No money moves."""

from __future__ import annotations

import asyncio
import random
from typing import Any
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from payment_service.gateway import CHARGE_PATH, REFUND_PATH

_HANG_SECONDS = 120.0


class Knobs(BaseModel):
    """What the gateway does; every share is from 0 to 1."""

    model_config = ConfigDict(extra="forbid")

    latency_ms: float = Field(default=40, ge=0, le=60_000)
    error_rate: float = Field(default=0, ge=0, le=1)
    decline_rate: float = Field(default=0, ge=0, le=1)
    hang: bool = False


def create_simulator(knobs: Knobs, seed: int = 0) -> FastAPI:
    """Return the gateway as an application; ``POST /knobs`` changes its behaviour while it runs."""
    app = FastAPI(title="Gateway simulator")
    dice = random.Random(seed)  # noqa: S311 - behaviour to be repeated, not a secret
    current = knobs

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/knobs")
    async def read_knobs() -> Knobs:
        return current

    @app.post("/knobs")
    async def turn_knobs(wanted: Knobs) -> Knobs:
        nonlocal current
        current = wanted
        return current

    async def answer(reference: str) -> Response | dict[str, Any]:
        await asyncio.sleep(_HANG_SECONDS if current.hang else current.latency_ms / 1000 * dice.uniform(0.5, 1.5))
        if dice.random() < current.error_rate:
            return Response("internal error", 500)
        if dice.random() < current.decline_rate:
            code = dice.choice(("DECLINED", "INSUFFICIENT_FUNDS"))
            return {"StatCode": "11", "ReferenceNo": reference, "ErrorCode": code}
        return {"StatCode": "00", "ReferenceNo": reference, "TxnID": f"sim-{reference}"}

    @app.post(CHARGE_PATH, response_model=None)
    async def charge(request: Request) -> Response | dict[str, Any]:
        return await answer(await _reference(request))

    @app.post(REFUND_PATH, response_model=None)
    async def refund(request: Request) -> Response | dict[str, Any]:
        return await answer(await _reference(request))

    return app


async def _reference(request: Request) -> str:
    form = parse_qs((await request.body()).decode("utf-8", errors="replace"))
    return form.get("ReferenceNo", [""])[0]
