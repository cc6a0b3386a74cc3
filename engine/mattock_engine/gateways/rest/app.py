"""The app: its routes and what stands around them."""

from __future__ import annotations

import logging

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import (
    account,
    alert,
    approval,
    backlog,
    capacity,
    cron,
    custom_metric,
    dashboard,
    dead_letter,
    delivery,
    durable,
    error,
    event,
    figure,
    filter,
    firing,
    hold,
    info,
    limit,
    live,
    log,
    login,
    member,
    metric,
    retention,
    run,
    schedule,
    shape,
    signal,
    stat,
    task,
    tenant,
    trace,
    webhook,
    worker,
    workflow,
)
from .context import Context
from .document import describe
from .error import reply
from .witness import Witness

logger = logging.getLogger(__name__)

DESCRIPTION = "Runs, tasks, workflows and workers of a tenant. Send `Authorization: Bearer <token>`."


def build(context: Context | None, version: str, max_body_bytes: int) -> FastAPI:
    """Makes the app.

    Args:
        context: what the routes work with; None if only the contract is wanted.
        version: of the engine.
        max_body_bytes: of a request's body.
    """
    app = FastAPI(
        title="Mattock",
        version=version,
        description=DESCRIPTION,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.context = context
    error.install(app)
    describe(app)
    # Crons come before workflows: `workflows/crons` is no workflow's id.
    first = (
        info,
        login,
        account,
        member,
        metric,
        custom_metric,
        figure,
        log,
        stat,
        firing,
        cron,
        schedule,
        run,
        task,
        trace,
        durable,
        signal,
        approval,
    )
    steering = (capacity, hold, backlog, dead_letter, live, alert)
    later = (workflow, worker, tenant, retention, limit, event, filter, webhook, delivery, shape)
    for part in (*first, *steering, *later):
        _add(app, part.router)
    _add(app, approval.page_router)
    _add(app, login.page_router)
    _add(app, dashboard.router)
    app.add_middleware(Witness, audit=None if context is None else context.audit)
    app.add_middleware(Guard, limit=max_body_bytes)
    return app


def _add(app: FastAPI, router: APIRouter) -> None:
    """Adds a part's routes as they are.

    `include_router` makes each of them anew at the first request, which holds up all else, and looks for them twice at
    each.
    """
    for route in router.routes:
        if isinstance(route, APIRoute):
            route.operation_id = route.name
        app.router.routes.append(route)


class Guard:
    """Refuses a body above the limit, before or while it is read; answers for what fails by our fault."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        too_large = f"the body is above the limit of {self._limit} bytes"
        read = 0
        answered = False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if max(read, int(length)) > self._limit:
                raise HTTPException(413, too_large)
            return message

        async def sent(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            if int(length) > self._limit and not delivery.is_delivery(scope["method"], scope["path"]):
                await reply(413, too_large)(scope, receive, send)
            else:
                await self._app(scope, counted, sent)
        except Exception:
            principal = scope.get("state", {}).get("principal")
            about = {"tenant_id": principal.tenant_id if principal is not None else ""}
            logger.exception("%s %s failed", scope["method"], scope["path"], extra=about)
            if answered:
                raise
            await reply(500, "An internal error occurred.")(scope, receive, send)
