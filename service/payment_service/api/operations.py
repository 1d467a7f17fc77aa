"""Health, for machines; no key is needed, nothing secret is told."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel

from payment_catalog.vocabulary import Dependency
from payment_service.api.context import PartsOf

router = APIRouter(tags=["operations"])


class State(StrEnum):
    """Whether the service takes requests."""

    READY = "ready"
    NOT_READY = "not ready"
    DRAINING = "draining"


class DependencyState(BaseModel):
    """Whether a dependency answered, and whether the service needs it."""

    up: bool
    required: bool


class Health(BaseModel):
    """The process serves requests."""

    status: str = "ok"


class Ready(BaseModel):
    """Whether the service takes payments, and what it depends on."""

    status: State
    checks: dict[Dependency, DependencyState]


@router.get("/health")
async def health() -> Health:
    """Say that the process serves requests; asks no dependency."""
    return Health()


@router.get("/ready", responses={HTTPStatus.SERVICE_UNAVAILABLE.value: {"model": Ready}})
async def ready(parts: PartsOf, response: Response) -> Ready:
    """Say whether every required dependency answers, each by name; 503 when one does not, and while draining."""
    report = await parts.readiness.report()
    if not report.ready:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    state = State.DRAINING if report.draining else State.READY if report.ready else State.NOT_READY
    checks = {
        check.dependency: DependencyState(up=report.up[check.dependency], required=check.required)
        for check in parts.readiness.checks
    }
    return Ready(status=state, checks=checks)
