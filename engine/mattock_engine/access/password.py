"""Passwords: hashed with Argon2id, checked off the event loop."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING

from ..core.error import invalid

if TYPE_CHECKING:
    from argon2 import PasswordHasher

# NIST SP 800-63B asks for eight, and advises more where nothing else guards.
MIN_LENGTH, MAX_LENGTH = 10, 256


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _decoy() -> str:
    """A hash that no password has: checking it takes as long as any other."""
    return _hasher().hash("no password at all")


async def hash_password(password: str, field: str = "password") -> str:
    """A password's hash.

    Raises:
        Refused: INVALID_ARGUMENT: too short or too long.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise invalid(field, f"expected {MIN_LENGTH} to {MAX_LENGTH} characters")
    return await asyncio.to_thread(_hasher().hash, password)


async def is_password(password: str, hashed: str | None) -> bool:
    """Whether it is the password. Takes the same time if there is none."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        right = await asyncio.to_thread(_hasher().verify, hashed or _decoy(), password[: MAX_LENGTH + 1])
    except (VerificationError, InvalidHashError):
        return False
    return right and hashed is not None
