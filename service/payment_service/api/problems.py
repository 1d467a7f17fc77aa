"""Errors as problem details (RFC 9457), for every way in which a request can fail."""

from __future__ import annotations

from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Route

from payment_service.ledger.database import DEFECTS, UNAVAILABLE
from payment_service.logs.cards import find_cards
from payment_service.security.watch import client_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from fastapi import FastAPI, Request
    from starlette.routing import BaseRoute

MEDIA_TYPE = "application/problem+json"
#: Seconds after which it is worth trying again when a dependency is away.
RETRY_SECONDS = 5

_SEARCHED_VALUES, _SEARCHED_EACH = 8, 256


#: How a request for a merchant's data can fail, and one that changes something.
ACCESS_PROBLEMS = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
)
CHANGE_PROBLEMS = (
    *ACCESS_PROBLEMS,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
)

log = structlog.get_logger()


class InvalidPart(BaseModel):
    """A part of the request that is not valid."""

    at: str = Field(description="Where it stands, such as body.amount_minor.")
    reason: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    payment_id: str | None = Field(default=None, description="The payment whose outcome can be asked for.")
    refund_id: str | None = Field(default=None, description="The refund whose outcome can be asked for.")
    errors: list[InvalidPart] | None = None


class ProblemError(Exception):
    """A request that cannot be served: HTTP status and a sentence for the caller."""

    def __init__(
        self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None, **extensions: str
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.extensions = status, detail, headers, extensions


def documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of errors with these statuses, and of those that every operation can have."""
    everywhere = (HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status.value: {"description": status.phrase, "content": {MEDIA_TYPE: schema}}
        for status in sorted({*statuses, *everywhere})
    }


def install(app: FastAPI, routes: Sequence[BaseRoute], card_received: Callable[[str], None]) -> None:
    """Answer every error of ``app`` as problem details, and describe them in its OpenAPI document.

    ``routes`` are all that a path may match: which methods one has is told by those together. ``card_received`` is
    told the address that a refused request with a card number in it came from.
    """
    _describe(app)

    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(_methods(routes, request.scope["path"]))
        return response(HTTPStatus(error.status_code), str(error.detail), headers)

    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = error.errors()
        if find_cards(_beginnings([error.body, *(item.get("input") for item in found)])):
            card_received(client_address(request.scope))
        if any(item["type"] == "json_invalid" for item in found):
            return response(HTTPStatus.BAD_REQUEST, "the body is not JSON")
        errors = [{"at": ".".join(_place(item)), "reason": item["msg"]} for item in found]
        return response(HTTPStatus.UNPROCESSABLE_ENTITY, "the request is not valid", errors=errors)

    handlers: dict[type[Exception], Any] = {
        ProblemError: _problem,
        HTTPException: http_error,
        RequestValidationError: invalid,
        **dict.fromkeys(UNAVAILABLE, _unavailable),
        **dict.fromkeys(DEFECTS, _defect),
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def _problem(request: Request, error: ProblemError) -> JSONResponse:
    del request
    return response(error.status, error.detail, error.headers, **error.extensions)


async def _unavailable(request: Request, error: Exception) -> JSONResponse:
    del request
    log.error("database is unavailable", reason=type(error).__name__)
    again = {"Retry-After": str(RETRY_SECONDS)}
    return response(HTTPStatus.SERVICE_UNAVAILABLE, "the database is not available", again)


async def _defect(request: Request, error: Exception) -> JSONResponse:
    """Let a defect of ours through, which its base class would take for a database that is away."""
    raise error


def response(
    status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None, **extensions: Any
) -> JSONResponse:
    """Return an error as problem details."""
    content = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, **extensions}
    return JSONResponse(content, status.value, headers=headers, media_type=MEDIA_TYPE)


def _describe(app: FastAPI) -> None:
    generate = app.openapi

    def with_problems() -> dict[str, Any]:
        document = generate()
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        document.setdefault("components", {}).setdefault("schemas", {}).update(
            {**schema.pop("$defs", {}), Problem.__name__: schema}
        )
        return document

    app.openapi = with_problems  # type: ignore[method-assign]


def _methods(routes: Sequence[BaseRoute], path: str) -> list[str]:
    matching = (route for route in routes if isinstance(route, Route) and route.path_regex.match(path))
    return sorted({method for route in matching for method in route.methods or ()})


def _beginnings(values: Iterable[Any]) -> str:
    """Return how what was sent begins: to look through more of it would let a caller keep the service busy."""
    return " ".join(str(value)[:_SEARCHED_EACH] for value in islice(values, _SEARCHED_VALUES))


def _place(item: Mapping[str, Any]) -> Sequence[str]:
    """Return where an error stands. A name that the caller made up may be card data, and is left out."""
    place = [str(part) for part in item["loc"]]
    return place[:-1] if item["type"] == "extra_forbidden" else place
