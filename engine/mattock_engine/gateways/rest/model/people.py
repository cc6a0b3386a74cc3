"""People, members, invitations, the audit log."""

from __future__ import annotations

from datetime import datetime

from ....role import RoleName
from .base import Body


class LoginRequest(Body):
    """Logs in."""

    email: str
    password: str


class MyTenant(Body):
    """A tenant of the caller's."""

    id: str
    slug: str
    name: str
    role: RoleName


class Me(Body):
    """Who calls; a token has neither e-mail nor name."""

    tenant_id: str
    role: str
    version: str
    email: str | None = None
    name: str | None = None
    tenants: list[MyTenant]


class MeChange(Body):
    """What changes about the caller."""

    name: str = ""
    email: str = ""


class PasswordChange(Body):
    """Another password; `current` is not looked at if there is none yet."""

    current: str = ""
    new: str


class TenantRequest(Body):
    """Asks for a tenant."""

    slug: str
    name: str


class Member(Body):
    """Who may do what in a tenant."""

    id: str
    email: str
    name: str
    role: RoleName
    since: datetime


class MemberList(Body):
    """Members."""

    rows: list[Member]


class MemberChange(Body):
    """Another role."""

    role: str


class InvitationRequest(Body):
    """Invites somebody."""

    email: str
    role: str = "MEMBER"


class InvitationReply(Body):
    """The link of an invitation; it is shown this once."""

    url: str


class Invitation(Body):
    """An open invitation."""

    id: str
    email: str
    role: RoleName
    invited_by: str
    created_at: datetime
    until: datetime


class InvitationList(Body):
    """Invitations."""

    rows: list[Invitation]


class InvitationText(Body):
    """What an invitation is to; `known` if a person with this e-mail exists, whose password it then takes."""

    email: str
    role: RoleName
    tenant: str
    known: bool


class Acceptance(Body):
    """Accepts an invitation."""

    code: str
    name: str = ""
    password: str


class AuditEntry(Body):
    """What somebody did."""

    id: str
    at: datetime
    actor: str
    operation: str
    target: str
    status: int
    address: str


class AuditList(Body):
    """Entries; `next` is for `before`."""

    rows: list[AuditEntry]
    next: str | None = None
