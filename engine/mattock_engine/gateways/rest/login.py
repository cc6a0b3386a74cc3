"""Log-in of people by a link, and their sessions in cookies.

The session's cookie is out of scripts' reach. Requests that change something must also bring, as a header, what a
second cookie holds: other sites can make a browser send cookies, and cannot read them.
"""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from ...access.login import SESSION_SECONDS
from ...core.error import Refused
from .context import CSRF_COOKIE, SESSION_COOKIE, Caller, Here, Id

router = APIRouter(tags=["log-in"])
page_router = APIRouter(include_in_schema=False)


@router.post("/api/v1/tenants/{tenant}/login-links")
async def make_login_link(here: Here, caller: Caller, tenant: Id, request: Request) -> dict[str, str]:
    """Makes a link that logs a person in, once, within a quarter of an hour."""
    code = await here.logins.code(caller.tenant_id)
    return {"url": f"{str(request.base_url).rstrip('/')}/login?code={code}"}


@router.get("/api/v1/me")
async def get_me(here: Here, caller: Caller) -> dict[str, Any]:
    """Who calls: the tenant, and the server's version."""
    return {"tenantId": caller.tenant_id, "version": here.version}


@router.post("/api/v1/logout", status_code=204, response_class=Response)
async def log_out(caller: Caller, response: Response) -> None:
    """Forgets the session in this browser."""
    response.delete_cookie(SESSION_COOKIE)
    response.delete_cookie(CSRF_COOKIE)


@page_router.get("/login")
async def enter(here: Here, request: Request, code: str = "", to: str = "/") -> Response:
    """The link: begins a session, and goes on to the dashboard."""
    try:
        session = await here.logins.enter(code)
    except Refused as refused:
        return HTMLResponse(_PAGE.format(refused.message.partition(": ")[2]), 403)
    target = to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/"
    response = RedirectResponse(target, 303)
    secure = request.url.scheme == "https"
    options: dict[str, Any] = {"max_age": int(SESSION_SECONDS), "samesite": "lax", "secure": secure, "path": "/"}
    response.set_cookie(SESSION_COOKIE, session, httponly=True, **options)
    response.set_cookie(CSRF_COOKIE, secrets.token_urlsafe(24), httponly=False, **options)
    return response


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Log in – Mattock</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:16px/1.6 system-ui;margin:4rem auto;max-width:34rem;padding:0 1rem}}</style>
<h1>This link does not log you in</h1>
<p>{}.</p><p>For another one, run <code>mattock dashboard</code>.</p></html>"""
