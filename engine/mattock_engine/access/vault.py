"""The vault: secrets of users, encrypted at rest with a key that the cluster's secret gives."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable

from cryptography.fernet import Fernet


class Vault:
    """Encrypts and decrypts.

    Args:
        secret: gives the cluster's secret.
    """

    def __init__(self, secret: Callable[[], Awaitable[str]]) -> None:
        self._secret = secret
        self._fernet: Fernet | None = None

    async def close_up(self, text: str) -> str:
        """A text, unreadable."""
        return (await self._key()).encrypt(text.encode()).decode()

    async def open(self, text: str) -> str:
        """What `close_up` was given."""
        return (await self._key()).decrypt(text.encode()).decode()

    async def _key(self) -> Fernet:
        if self._fernet is None:
            key = hashlib.sha256(b"vault/" + (await self._secret()).encode()).digest()
            self._fernet = Fernet(base64.urlsafe_b64encode(key))
        return self._fernet
