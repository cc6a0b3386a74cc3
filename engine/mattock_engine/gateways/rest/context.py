"""What the routes share: the engine, the store, and who calls."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from ...access import InvalidToken, Logins, Seals, TokenService, Vault
from ...core.error import Code, Refused
from ...port import EnginePort, Principal
from ...store import Store
from .version import Versions

SESSION_COOKIE = "mattock_session"
CSRF_COOKIE = "mattock_csrf"
CSRF_HEADER = "x-csrf-token"


@dataclass(frozen=True)
class Context:
    """What the routes work with.

    Attributes:
        max_payload_bytes: of an input or metadata.
        version: of the engine, for people.
    """

    engine: EnginePort
    store: Store
    tokens: TokenService
    seals: Seals
    logins: Logins
    vault: Vault
    versions: Versions
    max_payload_bytes: int
    version: str


def context(request: Request) -> Context:
    """The app's context."""
    found = request.app.state.context
    assert isinstance(found, Context)
    return found


async def authorize(request: Request) -> Principal:
    """Who calls. The one place where access is decided: a token, or a session, opens its own tenant's routes alone.

    Raises:
        Refused: PERMISSION_DENIED (403, whatever the reason, as the shared contract has it).
    """
    principal = _bearer(request) if "authorization" in request.headers else await _person(request)
    tenant = request.path_params.get("tenant")
    if tenant is not None and str(tenant).lower() != principal.tenant_id:
        raise Refused(Code.PERMISSION_DENIED, "the token is not of this tenant", "tenant")
    return principal


async def _person(request: Request) -> Principal:
    """A person's session; what changes something must bring what the second cookie holds."""
    session = request.cookies.get(SESSION_COOKIE)
    if not session:
        raise Refused(Code.PERMISSION_DENIED, "invalid auth token: none was sent")
    tenant_id = await context(request).logins.tenant_of(session)
    if request.method not in ("GET", "HEAD"):
        shown, known = request.headers.get(CSRF_HEADER, ""), request.cookies.get(CSRF_COOKIE, "")
        if not known or not hmac.compare_digest(shown.encode(), known.encode()):
            raise Refused(Code.PERMISSION_DENIED, f"the header {CSRF_HEADER} is missing, or not this session's")
    return Principal(tenant_id, "")


def _bearer(request: Request) -> Principal:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refused(Code.PERMISSION_DENIED, "invalid auth token: none was sent")
    try:
        return context(request).tokens.verify(token.strip())
    except InvalidToken as error:
        raise Refused(Code.PERMISSION_DENIED, f"invalid auth token: {error}") from error


Here = Annotated[Context, Depends(context)]
Caller = Annotated[Principal, Depends(authorize)]
Id = UUID
