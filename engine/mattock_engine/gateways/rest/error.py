"""Refusals of the REST API: problem details with `errors: [{description, field}]`, and a telling status."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from ...core.error import Code, Refused
from ...store import DatabaseDown
from . import dashboard
from .once import Unprocessable
from .route import Stale

STATUS_OF = {
    Code.INVALID_ARGUMENT: 400,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 409,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.UNAUTHENTICATED: 403,
}


_TITLE_OF = {
    400: "The request is wrong",
    412: "It has been changed meanwhile",
    422: "It contradicts an earlier request",
}
PROBLEM = "application/problem+json"


def reply(status: int, description: str, field: str = "") -> JSONResponse:
    """An error's reply."""
    item: dict[str, Any] = {"description": description}
    if field:
        item["field"] = field
    return replies(status, [item])


def replies(status: int, items: list[dict[str, Any]]) -> JSONResponse:
    """A reply that names some errors: problem details (RFC 9457), which hold what the shared contract's SDKs read."""
    title = _TITLE_OF.get(status) or HTTPStatus(status).phrase
    body = {
        "type": f"urn:mattock:problem:{HTTPStatus(status).phrase.lower().replace(' ', '-')}",
        "title": title,
        "status": status,
        "detail": "; ".join(item["description"] for item in items),
        "errors": items,
    }
    headers = {"Retry-After": "1"} if status in (429, 503) else None
    return JSONResponse(body, status, headers, PROBLEM)


def not_found(field: str, what: str) -> Refused:
    """A refusal because the tenant has no such thing."""
    return Refused(Code.NOT_FOUND, f"{field}: {what}", field)


def install(app: FastAPI) -> None:
    """Makes the app answer all refusals in one shape."""

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> JSONResponse:
        return reply(STATUS_OF.get(error.code, 500), error.message, error.field)

    @app.exception_handler(DatabaseDown)
    async def down(_: Request, error: DatabaseDown) -> JSONResponse:
        return reply(503, "the database cannot be reached; try again")

    @app.exception_handler(asyncpg.DataError)
    async def unstorable(_: Request, error: asyncpg.DataError) -> JSONResponse:
        # Texts with NUL or half a character, numbers beyond all bounds: nowhere can they match or be kept.
        return reply(400, f"a value cannot be stored or looked for: {error}")

    @app.exception_handler(Unprocessable)
    async def unprocessable(_: Request, error: Unprocessable) -> JSONResponse:
        return reply(422, error.message, error.field)

    @app.exception_handler(Stale)
    async def stale(_: Request, error: Stale) -> JSONResponse:
        return reply(412, str(error), "If-Match")

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404 and (page := dashboard.page(request)) is not None:
            return page
        text = f"no such path: {request.url.path}" if error.status_code == 404 else str(error.detail)
        return reply(error.status_code, text)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        items = []
        for found in error.errors():
            field = ".".join(str(part) for part in found["loc"][1:]) or str(found["loc"][0])
            items.append({"description": f"{field}: {found['msg']}", "field": field})
        return replies(400, items)
