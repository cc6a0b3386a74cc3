"""What the routes share: the engine, the store, and who calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from ...access import InvalidToken, Seals, TokenService, Vault
from ...core.error import Code, Refused
from ...port import EnginePort, Principal
from ...store import Store
from .version import Versions


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
    vault: Vault
    versions: Versions
    max_payload_bytes: int
    version: str


def context(request: Request) -> Context:
    """The app's context."""
    found = request.app.state.context
    assert isinstance(found, Context)
    return found


def authorize(request: Request) -> Principal:
    """Who calls. The one place where access is decided: a token opens its own tenant's routes, nothing else.

    Raises:
        Refused: PERMISSION_DENIED (403, whatever the reason, as the shared contract has it).
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refused(Code.PERMISSION_DENIED, "invalid auth token: none was sent")
    try:
        principal = context(request).tokens.verify(token.strip())
    except InvalidToken as error:
        raise Refused(Code.PERMISSION_DENIED, f"invalid auth token: {error}") from error
    tenant = request.path_params.get("tenant")
    if tenant is not None and str(tenant).lower() != principal.tenant_id:
        raise Refused(Code.PERMISSION_DENIED, "the token is not of this tenant", "tenant")
    return principal


Here = Annotated[Context, Depends(context)]
Caller = Annotated[Principal, Depends(authorize)]
Id = UUID
