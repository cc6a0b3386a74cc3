"""Who may do what: people, members of tenants, API tokens, links, roles; and what they did."""

from ..role import Role
from .audit import Audit, AuditFilter
from .login import Logins
from .member import Members
from .oidc import Oidc, OidcSettings
from .people import SESSION_SECONDS, Membership, People, Person, csrf_of
from .seal import Seals
from .token import DEFAULT_EXPIRY_SECONDS, InvalidToken, TokenService
from .vault import Vault

__all__ = [
    "DEFAULT_EXPIRY_SECONDS",
    "SESSION_SECONDS",
    "Audit",
    "AuditFilter",
    "InvalidToken",
    "Logins",
    "Members",
    "Membership",
    "Oidc",
    "OidcSettings",
    "People",
    "Person",
    "Role",
    "Seals",
    "TokenService",
    "Vault",
    "csrf_of",
]
