"""Who may do what: tenants and API tokens."""

from .token import DEFAULT_EXPIRY_SECONDS, InvalidToken, TokenService

__all__ = ["DEFAULT_EXPIRY_SECONDS", "InvalidToken", "TokenService"]
