"""What the tenant may have at once."""

from __future__ import annotations

from fastapi import APIRouter

from ...core.command import TenantLimits
from ...core.error import invalid
from ...core.steer import PutTenantLimits
from . import model
from .context import Caller, Here, Id
from .route import Route

router = APIRouter(prefix="/api/v1/tenants/{tenant}", tags=["tenant"], route_class=Route)
MOST = 1_000_000_000
PACE = (0.001, 1_000_000.0)


@router.get("/limits")
async def get_tenant_limits(here: Here, caller: Caller, tenant: Id) -> model.TenantLimits:
    """What the tenant may have at once."""
    records = await here.store.read("tenant_limits", caller.tenant_id)
    if not records:
        return model.TenantLimits()
    record = records[0]
    return model.TenantLimits(
        max_queued=record["max_queued"] or None,
        when_full="DROP_OLDEST" if record["drop_oldest"] else "REJECT",
        max_running=record["max_running"] or None,
        pace=record["pace"] or None,
    )


@router.put("/limits")
async def put_tenant_limits(here: Here, caller: Caller, tenant: Id, body: model.TenantLimits) -> model.TenantLimits:
    """Sets all of them; what is queued and what runs already stays."""
    for name, value in (("maxQueued", body.max_queued), ("maxRunning", body.max_running)):
        if value is not None and not 1 <= value <= MOST:
            raise invalid(name, f"{value} is out of range; expected 1 to {MOST}, or null for any number")
    if body.pace is not None and not PACE[0] <= body.pace <= PACE[1]:
        raise invalid("pace", f"{body.pace:g} is out of range; expected {PACE[0]:g} to {PACE[1]:g} a second, or null")
    limits = TenantLimits(
        body.max_queued or 0, body.when_full == "DROP_OLDEST", body.max_running or 0, body.pace or 0.0
    )
    await here.engine.call(caller.tenant_id, PutTenantLimits(limits))
    return await get_tenant_limits(here, caller, tenant)
