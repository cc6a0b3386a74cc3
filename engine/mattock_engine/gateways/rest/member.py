"""Members of a tenant, invitations, and the audit log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ...access import AuditFilter
from ...role import Role
from . import model
from .context import Caller, Here, Id
from .error import not_found
from .route import Route

router = APIRouter(prefix="/api/v1/tenants/{tenant}", tags=["members"], route_class=Route)


@router.get("/members")
async def list_members(here: Here, caller: Caller, tenant: Id) -> model.MemberList:
    """Lists who may do what."""
    rows = [
        model.Member(
            id=record["person_id"],
            email=record["email"],
            name=record["name"],
            role=record["role"],
            since=model.moment(record["created_at"]),
        )
        for record in await here.members.members(caller.tenant_id)
    ]
    return model.MemberList(rows=rows)


@router.get("/members/{person}")
async def get_member(here: Here, caller: Caller, tenant: Id, person: Id) -> model.Member:
    """A member."""
    for member in (await list_members(here, caller, tenant)).rows:
        if member.id == str(person):
            return member
    raise not_found("member", f"no member {person}")


@router.patch("/members/{person}", status_code=204, response_class=Response)
async def change_member(here: Here, caller: Caller, tenant: Id, person: Id, body: model.MemberChange) -> None:
    """Gives a member another role; nobody gives or takes more than they have, and one owner stays."""
    await here.members.change(caller.tenant_id, caller.role, str(person), Role.parse(body.role))


@router.delete("/members/{person}", status_code=204, response_class=Response)
async def drop_member(here: Here, caller: Caller, tenant: Id, person: Id) -> None:
    """Takes a member out of the tenant, at once."""
    await here.members.drop(caller.tenant_id, caller.role, str(person))


@router.get("/invitations")
async def list_invitations(here: Here, caller: Caller, tenant: Id) -> model.InvitationList:
    """Lists the open invitations."""
    rows = [
        model.Invitation(
            id=record["invitation_id"],
            email=record["email"],
            role=record["role"],
            invited_by=record["invited_by"],
            created_at=model.moment(record["created_at"]),
            until=model.moment(record["until"]),
        )
        for record in await here.members.invitations(caller.tenant_id)
    ]
    return model.InvitationList(rows=rows)


@router.post("/invitations", status_code=201)
async def make_invitation(
    here: Here, caller: Caller, tenant: Id, request: Request, body: model.InvitationRequest
) -> model.InvitationReply:
    """Invites somebody by a link that holds for a week and is shown this once."""
    role = Role.parse(body.role)
    code = await here.members.invite(caller.tenant_id, caller.role, body.email, role, caller.actor)
    return model.InvitationReply(url=f"{str(request.base_url).rstrip('/')}/invitation?code={code}")


@router.delete("/invitations/{invitation}", status_code=204, response_class=Response)
async def drop_invitation(here: Here, caller: Caller, tenant: Id, invitation: Id) -> None:
    """Takes an invitation back."""
    if not await here.members.take_back(caller.tenant_id, str(invitation)):
        raise not_found("invitation", f"no invitation {invitation}")


@router.get("/audit")
async def list_audit(
    here: Here,
    caller: Caller,
    tenant: Id,
    before: Annotated[Id | None, Query(description="The last entry that was seen.")] = None,
    search: Annotated[str, Query(description="Part of the actor, the operation or the target.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="Rows at most.")] = 100,
    actor: Annotated[str, Query(description="Part of who did it.")] = "",
    operation: Annotated[str, Query(description="What was done, as the contract names it.")] = "",
    refused: Annotated[bool | None, Query(description="Only what was refused, or only what was not.")] = None,
    since: model.Moment | None = None,
    until: model.Moment | None = None,
) -> model.AuditList:
    """What people changed, and what tokens did as administrators, the newest first; `next` goes into `before`."""
    wanted = AuditFilter(search, actor, operation, refused, since, until)
    found = await here.audit.entries(caller.tenant_id, None if before is None else str(before), wanted, limit + 1)
    rows = [
        model.AuditEntry(
            id=record["audit_id"],
            at=model.moment(record["at"]),
            actor=record["actor"],
            operation=record["operation"],
            target=record["target"],
            status=record["status"],
            address=record["address"],
        )
        for record in found[:limit]
    ]
    return model.AuditList(rows=rows, next=rows[-1].id if len(found) > limit else None)
