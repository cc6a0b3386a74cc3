"""The tenant and its tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ....role import RoleName
from .base import Body, Metadata, Pagination


class Tenant(Body):
    """A tenant."""

    metadata: Metadata
    name: str
    slug: str
    version: Literal["V0", "V1"] = "V1"
    environment: Literal["local", "development", "production"] | None = None
    server_url: str | None = None


class TenantChange(Body):
    """What of a tenant changes."""

    name: str | None = None


class ApiToken(Body):
    """A token, without its text."""

    metadata: Metadata
    name: str
    role: RoleName = "MEMBER"
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


class ApiTokenList(Body):
    """Tokens."""

    rows: list[ApiToken]
    pagination: Pagination


class TokenRequest(Body):
    """Asks for a token."""

    name: str
    expires_in: str | None = None
    role: str = "MEMBER"


class TokenReply(Body):
    """A new token; it is shown this once."""

    token: str
