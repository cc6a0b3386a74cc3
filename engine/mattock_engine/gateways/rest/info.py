"""What anyone may ask: health, version, what the server can do."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from ...core.error import Code, Refused
from .context import Here

router = APIRouter(tags=["info"])
# Within these the database must answer for the server to be ready.
PING_SECONDS = 2.0


@router.get("/health/live", include_in_schema=False)
@router.get("/api/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/health/ready", include_in_schema=False)
@router.get("/api/ready")
async def ready(here: Here, request: Request) -> dict[str, str]:
    """The process answers, and its database too, in time."""
    asking: asyncio.Task[Any] | None = getattr(request.app.state, "ping", None)
    if asking is None or asking.done():
        asking = request.app.state.ping = asyncio.create_task(here.store.read("ping"))
    # One question at a time, however often we are asked: while the database hangs each holds a connection.
    done, _ = await asyncio.wait({asking}, timeout=PING_SECONDS)
    if not done:
        asking.cancel()
        raise Refused(Code.UNAVAILABLE, "the database does not answer in time")
    if asking.cancelled():
        raise Refused(Code.UNAVAILABLE, "the database did not answer in time")
    asking.result()
    return {"status": "ok"}


@router.get("/api/v1/version")
async def version(here: Here) -> dict[str, str]:
    """The engine's version."""
    return {"version": here.version}


@router.get("/api/v1/meta")
async def meta(here: Here) -> dict[str, Any]:
    """What the server offers."""
    return {
        "auth": {"schemes": ["basic"] if here.oidc is None else ["basic", "oidc"]},
        "allowSignup": False,
        "allowInvites": True,
        "allowCreateTenant": True,
        "allowChangePassword": True,
        "observabilityEnabled": True,
        "prometheusServerEnabled": True,
        "authDisabled": False,
    }
