"""The tenant: itself, its tokens, its queues."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from ...access import DEFAULT_EXPIRY_SECONDS
from ...core.duration import parse_duration
from ...core.error import invalid
from ...core.status import Status
from ...role import Role, require
from . import model
from .context import Caller, Here, Id
from .error import not_found
from .route import Route

router = APIRouter(prefix="/api/v1", tags=["tenant"], route_class=Route)
MAX_NAME = 100
MAX_TOKEN_SECONDS = 100 * 366 * 86_400.0


@router.get("/tenants/{tenant}")
async def get_tenant(here: Here, caller: Caller, tenant: Id) -> model.Tenant:
    """The tenant."""
    record = await here.store.get_tenant(caller.tenant_id)
    if record is None:
        raise not_found("tenant", f"no tenant {tenant}")
    created = model.moment(record["created_at"])
    return model.Tenant(
        metadata=model.Metadata(id=record["tenant_id"], created_at=created, updated_at=created),
        name=record["name"],
        slug=record["slug"],
        server_url=here.tokens.server_url,
    )


@router.patch("/tenants/{tenant}")
async def change_tenant(here: Here, caller: Caller, tenant: Id, body: model.TenantChange) -> model.Tenant:
    """Gives the tenant another name; its short name stays."""
    if body.name is not None:
        name = body.name.strip()
        if not name or not name.isprintable() or len(name) > MAX_NAME:
            raise invalid("name", f"expected 1 to {MAX_NAME} printable characters")
        await here.store.people("rename_tenant", caller.tenant_id, name)
        await here.people.changed()
    return await get_tenant(here, caller, tenant)


@router.post("/tenants/{tenant}/api-tokens")
async def make_token(here: Here, caller: Caller, tenant: Id, body: model.TokenRequest) -> model.TokenReply:
    """Makes a token for this tenant; `expiresIn` is a duration such as `720h`; its role is not above the
    caller's."""
    seconds = parse_duration("expiresIn", body.expires_in) if body.expires_in else DEFAULT_EXPIRY_SECONDS
    if not 0 < seconds <= MAX_TOKEN_SECONDS:
        raise invalid("expiresIn", f"{body.expires_in!r} is out of range")
    if not body.name.strip() or not body.name.isprintable() or len(body.name) > 255:
        raise invalid("name", "expected 1 to 255 printable characters")
    role = Role.parse(body.role)
    require(caller.role, role)
    return model.TokenReply(token=await here.tokens.issue(caller.tenant_id, body.name, seconds, role))


@router.get("/tenants/{tenant}/api-tokens")
async def list_tokens(here: Here, caller: Caller, tenant: Id) -> model.ApiTokenList:
    """Lists the tokens that are not revoked."""
    rows = []
    for record in await here.store.credentials.tokens(caller.tenant_id):
        created = model.moment(record["created_at"])
        rows.append(
            model.ApiToken(
                metadata=model.Metadata(id=record["token_id"], created_at=created, updated_at=created),
                name=record["name"],
                role=record["role"],
                expires_at=model.moment_or_none(record["expires_at"] or 0.0),
                last_used_at=model.moment_or_none(record["last_used_at"]),
            )
        )
    return model.ApiTokenList(rows=rows, pagination=model.Pagination(current_page=1, num_pages=1))


@router.post("/api-tokens/{token}", status_code=204, response_class=Response)
async def revoke_token(here: Here, caller: Caller, token: Id) -> None:
    """Revokes a token, at once and everywhere."""
    if not await here.tokens.revoke(caller.tenant_id, str(token)):
        raise not_found("api-token", f"no token {token}")


@router.get("/tenants/{tenant}/step-run-queue-metrics")
async def count_queues(here: Here, caller: Caller, tenant: Id) -> dict[str, Any]:
    """How many tasks wait, by action."""
    queues: dict[str, int] = {}
    for record in await here.store.read("queue_depths", caller.tenant_id):
        if record["status"] != Status.RUNNING:
            queues[record["action"]] = queues.get(record["action"], 0) + record["count"]
    return {"queues": queues}


@router.get("/tenants/{tenant}/queue-metrics")
async def count_workflows(here: Here, caller: Caller, tenant: Id) -> dict[str, Any]:
    """How many tasks wait and run: in all, by workflow, by action."""
    total = {"numQueued": 0, "numRunning": 0, "numPending": 0}
    workflows: dict[str, dict[str, int]] = {}
    queues: dict[str, int] = {}
    for record in await here.store.read("queue_depths", caller.tenant_id):
        own = workflows.setdefault(record["workflow_id"], {"numQueued": 0, "numRunning": 0, "numPending": 0})
        name = "numRunning" if record["status"] == Status.RUNNING else "numQueued"
        for counts in (total, own):
            counts[name] += record["count"]
        if name == "numQueued":
            queues[record["action"]] = queues.get(record["action"], 0) + record["count"]
    return {"total": total, "workflow": workflows, "queues": queues}


@router.get("/tenants/{tenant}/task-stats")
async def count_task_names(here: Here, caller: Caller, tenant: Id) -> dict[str, Any]:
    """How many tasks wait and run, by task name."""
    found: dict[str, dict[str, Any]] = {}
    for record in await here.store.read("queue_depths", caller.tenant_id):
        kind = "running" if record["status"] == Status.RUNNING else "queued"
        counts = found.setdefault(record["task_name"], {}).setdefault(kind, {"total": 0, "queues": {}})
        counts["total"] += record["count"]
        counts["queues"][record["action"]] = counts["queues"].get(record["action"], 0) + record["count"]
    return found
