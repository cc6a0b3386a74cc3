"""What the routes share: the engine, the store, and who calls."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from ...access import Audit, InvalidToken, Logins, Members, Oidc, People, Person, Seals, TokenService, Vault, csrf_of
from ...alert import Alerts
from ...core.error import Code, Refused
from ...port import EnginePort, Principal
from ...role import of_request, require
from ...store import Store
from .feed import Feeds
from .version import Versions

SESSION_COOKIE = "mattock_session"
CSRF_COOKIE = "mattock_csrf"
CSRF_HEADER = "x-csrf-token"
# Which of their tenants a person means, for paths that name none.
TENANT_HEADER = "x-mattock-tenant"


@dataclass(frozen=True)
class Context:
    """What the routes work with.

    Attributes:
        max_payload_bytes: of an input or metadata.
        version: of the engine, for people.
        retention_days: that the server keeps what has ended.
    """

    engine: EnginePort
    store: Store
    tokens: TokenService
    seals: Seals
    logins: Logins
    people: People
    members: Members
    audit: Audit
    oidc: Oidc | None
    vault: Vault
    versions: Versions
    feeds: Feeds
    max_payload_bytes: int
    version: str
    alerts: Alerts
    retention_days: int


def context(request: Request) -> Context:
    """The app's context."""
    found = request.app.state.context
    assert isinstance(found, Context)
    return found


async def authorize(request: Request) -> Principal:
    """Who calls. The one place where access is decided: a token, or a person's session, opens the routes of a tenant
    that is theirs, as far as the role there suffices (`role.of_request`).

    Raises:
        Refused: PERMISSION_DENIED (403, whatever the reason, as the shared contract has it).
    """
    tenant = request.path_params.get("tenant")
    tenant_id = None if tenant is None else str(tenant).lower()
    if "authorization" in request.headers:
        principal = _bearer(request)
    else:
        principal = _member(await logged_in(request), tenant_id or request.headers.get(TENANT_HEADER))
    if tenant_id is not None and tenant_id != principal.tenant_id:
        raise Refused(Code.PERMISSION_DENIED, "the token is not of this tenant", "tenant")
    request.state.principal = principal
    require(principal.role, of_request(request.method, request.scope["route"].name))
    return principal


async def logged_in(request: Request) -> Person:
    """The person who calls; what changes something must bring what the second cookie holds.

    Raises:
        Refused: PERMISSION_DENIED: nobody is logged in, or another site made the request.
    """
    session = request.cookies.get(SESSION_COOKIE)
    if not session:
        raise Refused(Code.PERMISSION_DENIED, "invalid auth token: none was sent")
    person = await context(request).people.who(session)
    shown = request.headers.get(CSRF_HEADER, "").encode()
    if request.method not in ("GET", "HEAD") and not hmac.compare_digest(shown, csrf_of(session).encode()):
        raise Refused(Code.PERMISSION_DENIED, f"the header {CSRF_HEADER} is missing, or not this session's")
    return person


def _member(person: Person, tenant_id: str | None) -> Principal:
    """A person in one of their tenants; in the first one if none is named."""
    if tenant_id is None and person.memberships:
        tenant_id = person.memberships[0].tenant_id
    role = None if tenant_id is None else person.role_in(tenant_id)
    if tenant_id is None or role is None:
        raise Refused(Code.PERMISSION_DENIED, f"{person.email} is no member of this tenant", "tenant")
    return Principal(tenant_id, "", role, person.person_id, person.email)


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
LoggedIn = Annotated[Person, Depends(logged_in)]
Id = UUID
