"""How long a tenant keeps what has ended."""

from __future__ import annotations

from fastapi import APIRouter

from ...core.error import invalid
from . import model
from .context import Caller, Context, Here, Id
from .route import Route

router = APIRouter(prefix="/api/v1/tenants/{tenant}/retention", tags=["tenant"], route_class=Route)


@router.get("")
async def get_retention(here: Here, caller: Caller, tenant: Id) -> model.Retention:
    """Tells for how many days runs, logs, events and the audit log are kept."""
    return await _read(here, caller.tenant_id)


@router.put("")
async def change_retention(here: Here, caller: Caller, tenant: Id, body: model.RetentionChange) -> model.Retention:
    """Changes it, to no longer than the server keeps; without `days`, to as long as that. What is older goes soon."""
    longest = here.retention_days
    if body.days is not None and not 1 <= body.days <= longest:
        raise invalid("days", f"expected 1 to {longest} days, which is what the server keeps")
    await here.store.retention("put", caller.tenant_id, body.days)
    return await _read(here, caller.tenant_id)


async def _read(here: Context, tenant_id: str) -> model.Retention:
    own: int | None = (await here.store.retention("get", tenant_id))[0]["retention_days"]
    longest = here.retention_days
    return model.Retention(days=min(own or longest, longest), own=own, longest=longest)
