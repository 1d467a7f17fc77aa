"""Errors as problem details (RFC 9457), for every way in which a request can fail."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI, Request

_MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """A request that cannot be served: HTTP status and a sentence for the caller."""

    def __init__(
        self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None, **extensions: str
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.extensions = status, detail, headers, extensions


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` as problem details."""

    @app.exception_handler(ProblemError)
    async def problem(request: Request, error: ProblemError) -> JSONResponse:
        del request
        return _response(error.status, error.detail, error.headers, **error.extensions)

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        del request
        return _response(HTTPStatus(error.status_code), str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        del request
        # Only where and why: what was sent may be card data.
        errors = [{"at": ".".join(map(str, item["loc"])), "reason": item["msg"]} for item in error.errors()]
        return _response(HTTPStatus.UNPROCESSABLE_ENTITY, "the request is not valid", errors=errors)


def _response(
    status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None, **extensions: Any
) -> JSONResponse:
    content = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, **extensions}
    return JSONResponse(content, status.value, headers=headers, media_type=_MEDIA_TYPE)
