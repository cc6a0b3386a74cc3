"""Who may do what: tenants, API tokens, links."""

from .login import Logins
from .seal import Seals
from .token import DEFAULT_EXPIRY_SECONDS, InvalidToken, TokenService
from .vault import Vault

__all__ = ["DEFAULT_EXPIRY_SECONDS", "InvalidToken", "Logins", "Seals", "TokenService", "Vault"]
