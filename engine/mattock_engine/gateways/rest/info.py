"""What anyone may ask: health, version, what the server can do."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from .context import Here

router = APIRouter(tags=["info"])


@router.get("/health/live", include_in_schema=False)
@router.get("/api/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/health/ready", include_in_schema=False)
@router.get("/api/ready")
async def ready(here: Here) -> dict[str, str]:
    """The process answers, and its database too."""
    await here.store.read("ping")
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
