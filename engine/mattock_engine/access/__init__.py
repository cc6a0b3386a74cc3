"""Who may do what: tenants and API tokens."""

from .token import InvalidToken, TokenService

__all__ = ["InvalidToken", "TokenService"]
