"""The account of who calls: name, e-mail, password, tenants."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ...core.error import Code, Refused
from . import model
from .context import SESSION_COOKIE, Caller, Here, LoggedIn
from .login import set_session

router = APIRouter(prefix="/api/v1", tags=["account"])


@router.get("/me")
async def get_me(here: Here, caller: Caller, request: Request) -> model.Me:
    """Who calls, in which tenant and with which role; the other tenants of a person; the server's version."""
    me = model.Me(tenant_id=caller.tenant_id, role=caller.role.text, version=here.version, tenants=[])
    if caller.person_id:
        person = await here.people.who(request.cookies[SESSION_COOKIE])
        me.email, me.name = person.email, person.name
        me.tenants = [
            model.MyTenant(id=each.tenant_id, slug=each.slug, name=each.name, role=each.role.text)
            for each in person.memberships
        ]
    return me


@router.patch("/me", status_code=204, response_class=Response)
async def change_me(here: Here, person: LoggedIn, body: model.MeChange) -> None:
    """Another name or e-mail."""
    await here.people.rename(person, body.name or person.name, body.email or person.email)


@router.post("/me/password", status_code=204, response_class=Response)
async def change_password(
    here: Here, person: LoggedIn, request: Request, response: Response, body: model.PasswordChange
) -> None:
    """Another password, or the first one. All other sessions of the person end."""
    set_session(request, response, await here.people.change_password(person, body.current, body.new))


@router.post("/tenants", status_code=201)
async def make_tenant(here: Here, person: LoggedIn, body: model.TenantRequest) -> model.MyTenant:
    """Makes a tenant of which the caller, who must own one already, is the owner."""
    tenant_id = await here.members.make_tenant(person, body.slug, body.name)
    for each in await here.people.memberships(person.person_id):
        if each.tenant_id == tenant_id:
            return model.MyTenant(id=tenant_id, slug=each.slug, name=each.name, role=each.role.text)
    raise Refused(Code.NOT_FOUND, f"tenant: no tenant {tenant_id}", "tenant")
