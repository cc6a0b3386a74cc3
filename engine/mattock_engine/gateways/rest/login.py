"""Log-in of people, by password or by a link, and their sessions in cookies.

The session's cookie is out of scripts' reach. Requests that change something must also bring, as a header, what a
second cookie holds, which follows from the session: other sites can make a browser send cookies, and cannot read them.
"""

from __future__ import annotations

import html
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from ...access import SESSION_SECONDS, Oidc, csrf_of
from ...access.oidc import ATTEMPT_SECONDS
from ...core.error import Code, Refused
from ...role import Role
from . import dashboard, model
from .context import CSRF_COOKIE, SESSION_COOKIE, Caller, Context, Here, Id

router = APIRouter(tags=["log-in"])
page_router = APIRouter(include_in_schema=False)
_OIDC_COOKIE = "mattock_oidc"


@router.post("/api/v1/users/login", status_code=204, response_class=Response)
async def log_in(here: Here, request: Request, response: Response, body: model.LoginRequest) -> None:
    """Begins a session of a person who knows their password; after too many that failed, it waits a while."""
    session = await here.people.log_in(body.email, body.password, address_of(request))
    set_session(request, response, session)


@router.post("/api/v1/users/invitations/accept", status_code=204, response_class=Response)
async def accept_invitation(here: Here, request: Request, response: Response, body: model.Acceptance) -> None:
    """Accepts an invitation, as a new person or with the password of an old one, and begins a session."""
    person_id = await here.members.accept(body.code, body.name, body.password)
    set_session(request, response, await here.people.begin(person_id))


@router.get("/api/v1/users/invitations/{code}")
async def get_invitation(here: Here, code: str) -> model.InvitationText:
    """What an invitation is to, for who holds its link."""
    found = await here.members.invitation(code)
    known = await here.people.by_email(found["email"]) is not None
    return model.InvitationText(email=found["email"], role=found["role"], tenant=found["tenant"], known=known)


@router.post("/api/v1/tenants/{tenant}/login-links")
async def make_login_link(here: Here, caller: Caller, tenant: Id, request: Request) -> dict[str, str]:
    """Makes a link that logs a person in, once, within a quarter of an hour: the caller, or for a token the owner."""
    person_id = caller.person_id or await here.members.ensure_owner(caller.tenant_id)
    code = await here.logins.code(person_id)
    return {"url": f"{str(request.base_url).rstrip('/')}/login?code={code}"}


@router.post("/api/v1/users/logout", status_code=204, response_class=Response)
async def log_out(here: Here, request: Request, response: Response) -> None:
    """Ends the session of this browser."""
    await here.people.log_out(request.cookies.get(SESSION_COOKIE, ""))
    response.delete_cookie(SESSION_COOKIE)
    response.delete_cookie(CSRF_COOKIE)


@page_router.get("/login")
async def enter(here: Here, request: Request, code: str = "", to: str = "/") -> Response:
    """The link: begins a session, and goes on to the dashboard. Without a code, the page that asks for a password."""
    if not code:
        return dashboard.page(request) or Response(status_code=404)
    try:
        session = await here.people.begin(await here.logins.enter(code))
    except Refused as refused:
        return HTMLResponse(_PAGE.format(html.escape(refused.message.partition(": ")[2])), 403)
    response = RedirectResponse(own_path(to), 303)
    set_session(request, response, session)
    return response


@page_router.get("/login/oidc")
async def begin_oidc(here: Here, request: Request, to: str = "/") -> Response:
    """Sends the browser to the identity provider."""
    try:
        url, cookie = await _provider(here).begin(_callback(request), own_path(to))
    except Refused as refused:
        return HTMLResponse(_PAGE.format(html.escape(refused.message.partition(": ")[2])), 403)
    response = RedirectResponse(url, 303)
    response.set_cookie(
        _OIDC_COOKIE,
        cookie,
        max_age=int(ATTEMPT_SECONDS),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/login/oidc",
    )
    return response


@page_router.get("/login/oidc/callback")
async def finish_oidc(here: Here, request: Request, code: str = "", state: str = "", error: str = "") -> Response:
    """Where the identity provider sends the browser back to: begins a session."""
    try:
        provider = _provider(here)
        if error:
            raise Refused(Code.PERMISSION_DENIED, f"oidc: the provider says {error}", "oidc")
        cookie = request.cookies.get(_OIDC_COOKIE, "")
        found = await provider.finish(_callback(request), cookie, state, code)
        role = Role[provider.settings.role] if provider.settings.role else None
        tenant = await here.store.first_tenant()
        session = await here.people.begin(await here.members.welcome(found.email, found.name, tenant, role))
    except Refused as refused:
        return HTMLResponse(_PAGE.format(html.escape(refused.message.partition(": ")[2])), 403)
    response = RedirectResponse(own_path(found.to), 303)
    response.delete_cookie(_OIDC_COOKIE, path="/login/oidc")
    set_session(request, response, session)
    return response


def _provider(here: Context) -> Oidc:
    if here.oidc is None:
        raise Refused(Code.PERMISSION_DENIED, "oidc: this server knows no identity provider", "oidc")
    return here.oidc


def _callback(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/login/oidc/callback"


def set_session(request: Request, response: Response, session: str) -> None:
    """Gives the browser the session's cookies."""
    secure = request.url.scheme == "https"
    options: dict[str, Any] = {"max_age": int(SESSION_SECONDS), "samesite": "lax", "secure": secure, "path": "/"}
    response.set_cookie(SESSION_COOKIE, session, httponly=True, **options)
    response.set_cookie(CSRF_COOKIE, csrf_of(session), httponly=False, **options)


def own_path(to: str) -> str:
    """Where to go on: a path of this server, whatever was asked for."""
    return to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/"


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client is not None else ""


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Log in – Mattock</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:16px/1.6 system-ui;margin:4rem auto;max-width:34rem;padding:0 1rem}}</style>
<h1>This does not log you in</h1>
<p>{}.</p><p>For a link that does, run <code>mattock dashboard</code>.</p></html>"""
